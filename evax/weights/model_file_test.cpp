#include "evax/weights/model_file.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "evax/core/file.h"
#include "evax/weights/check.h"
#include "evax/weights/convert.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using Json = nlohmann::ordered_json;
using testing::error_of;
using testing::expect_error;
using testing::fixture;

ModelFile small_model() { return import_checkpoint(fixture("weights/timm.pth"), {}).model; }

Metadata full_metadata() {
  Metadata metadata = small_model().metadata;
  metadata.thresholds = {0.25, 0.5, 0.75};
  metadata.temperature = 1.5;
  return metadata;
}

ModelConfig family(int dim, bool base, int image_size, int classes) {
  ModelConfig config;
  config.embed_dim = dim;
  config.depth = 12;
  config.num_heads = dim / 64;
  config.mlp_hidden = dim * 8 / 3;
  config.sub_ln = config.qkv_split = base;
  config.image_size = image_size;
  config.num_classes = classes;
  config.variant = variant_of(config);
  return config;
}

int64_t count(const std::vector<std::pair<std::string, Shape>>& parameters) {
  int64_t sum = 0;
  for (const auto& parameter : parameters) sum += element_count(parameter.second);
  return sum;
}

TEST(Parameters, CountAsInThePaper) {  // spec A.1
  struct Row {
    int dim, image_size, classes;
    int64_t parameters;
  };
  const Row rows[] = {
      {192, 224, 0, 5525184},    {384, 224, 0, 21667200},    {768, 224, 0, 85850880},
      {192, 224, 14, 5527886},   {384, 224, 14, 21672590},   {768, 224, 14, 85861646},
      {192, 224, 5, 5526149},    {384, 224, 5, 21669125},    {768, 224, 5, 85854725},
      {192, 480, 3, 5660931},    {384, 480, 3, 21938691},    {768, 480, 3, 86393859},
      {192, 224, 1000, 5718184}, {384, 224, 1000, 22052200}, {768, 224, 1000, 86619880}};
  for (const Row& row : rows)
    EXPECT_EQ(count(parameters_of(family(row.dim, row.dim == 768, row.image_size, row.classes))),
              row.parameters)
        << row.dim << " " << row.classes;
}

TEST(Parameters, CountWithThePretrainingHead) {
  const std::pair<int, int64_t> rows[] = {{192, 5673600}, {384, 21963264}, {768, 86442240}};
  for (const auto& [dim, expected] : rows) {
    const ModelConfig config = family(dim, dim == 768, 224, 0);
    EXPECT_EQ(count(parameters_of(config)) + count(pretraining_parameters_of(config, 768)),
              expected);
  }
}

TEST(Parameters, AreTimmsKeys) {  // spec A.6 c: without rope keys and k_bias
  EXPECT_EQ(parameters_of(family(192, false, 224, 1000)).size(), 164U);
  EXPECT_EQ(parameters_of(family(768, true, 224, 1000)).size(), 236U);
  EXPECT_EQ(variant_of(family(384, false, 480, 3)), "eva_x_small");
  EXPECT_EQ(variant_of(family(384, true, 224, 3)), "eva_x");
}

TEST(Metadata, GoesThroughJsonUnchanged) {
  const Json json = to_json(full_metadata());
  EXPECT_EQ(to_json(from_json(json, "f")), json);
  EXPECT_EQ(json["preprocess"]["mean"].dump(), "[0.49185243,0.49185243,0.49185243]");
  EXPECT_EQ(json["preprocess"]["resize"].dump(), "73");
  EXPECT_EQ(json["task"], "multiclass");
}

TEST(Metadata, SquashingResizesHaveTwoSides) {
  Metadata metadata = full_metadata();
  metadata.preprocess.fit = Fit::squash;
  metadata.preprocess.resize = {70, 80};
  const Json json = to_json(metadata);
  EXPECT_EQ(json["preprocess"]["resize"].dump(), "[70,80]");
  EXPECT_EQ(from_json(json, "f").preprocess.resize[1], 80);
}

struct Change {
  const char* pointer;
  const char* value;  // JSON; empty: the key is removed
  const char* sentence;
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << change.pointer << " = " << change.value;
}

class MetadataRefuses : public ::testing::TestWithParam<Change> {};

TEST_P(MetadataRefuses, WithASentence) {
  Json json = to_json(full_metadata());
  const Json::json_pointer pointer(GetParam().pointer);
  if (*GetParam().value == '\0')
    json[pointer.parent_pointer()].erase(pointer.back());
  else
    json[pointer] = Json::parse(GetParam().value);
  const std::string found = error_of([&] { from_json(json, "f"); });
  EXPECT_NE(found.find(GetParam().sentence), std::string::npos) << "found: " << found;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, MetadataRefuses,
    ::testing::Values(
        Change{"/format", "2", "expected model file format 1, found 2"},
        Change{"/format", "\"1\"", "expected model file format 1"},
        Change{"/format", "", "the key 'format'"}, Change{"/model", "", "the key 'model'"},
        Change{"/model", "[]", "expected an object, found array"},
        Change{"/extra", "1", "unknown key 'extra'"},
        Change{"/model/extra", "1", "unknown key 'extra'"},
        Change{"/preprocess/extra", "1", "unknown key 'extra'"},
        Change{"/model/arch", "\"vgg16\"",
               "expected arch eva_x, vit, eva01_clip, eva02_clip, resnet50, densenet121, found "
               "'vgg16'"},
        Change{"/model/arch", "\"resnet50\"", "unknown key 'depth'"},
        Change{"/model/variant", "\"eva_x_base\"", "expected variant 'eva_x'"},
        Change{"/model/image_size", "1000000", "image_size between 1 and 4096"},
        Change{"/model/image_size", "99999999999999999999", "expected a whole number"},
        Change{"/model/image_size", "-1", "expected a whole number"},
        Change{"/model/image_size", "64.5", "expected a whole number"},
        Change{"/model/image_size", "72", "a multiple of the patch_size"},
        Change{"/model/image_size", "128", "preprocess.crop: expected the model's image_size"},
        Change{"/model/patch_size", "0", "expected a whole number"},
        Change{"/model/depth", "1001", "depth between 1 and 1000"},
        Change{"/model/embed_dim", "65", "an embed_dim of 64 for each of 1 heads, found 65"},
        Change{"/model/num_heads", "2147483647", "an embed_dim of 64 for each"},
        Change{"/model/mlp_hidden", "100000", "mlp_hidden between"},
        Change{"/model/rope_ref_grid", "0", "expected a whole number"},
        Change{"/model/pool", "\"token\"", "pool 'avg'"},
        Change{"/model/sub_ln", "1", "true or false"},
        Change{"/model/num_classes", "4", "expected 4 names"},
        Change{"/task", "\"detection\"", "expected one of pretrained, multilabel, multiclass"},
        Change{"/task", "\"pretrained\"", "a 'pretrained' model cannot have 3 classes"},
        Change{"/classes", "[\"a\",\"b\"]", "expected 3 names (num_classes), found 2"},
        Change{"/classes", "[\"a\",\"b\",\"b\"]", "'b' is named twice"},
        Change{"/classes", "[\"a\",\"b\",\"\"]", "an empty name"},
        Change{"/classes", "[\"a\",\"b\",1]", "expected a text"},
        Change{"/classes", "[\"a\",\"b\",\"c\\u001b\"]", "control character"},
        Change{"/classes", "{}", "expected a list"},
        Change{"/preprocess/resize", "[1,2,3]", "expected [height, width]"},
        Change{"/preprocess/resize", "[80,90]", "one number for fit 'shorter'"},
        Change{"/preprocess/resize", "60", "at least the crop of 64"},
        Change{"/preprocess/crop", "0", "expected a whole number"},
        Change{"/preprocess/fit", "\"crop\"", "expected one of shorter, squash"},
        Change{"/preprocess/arithmetic", "\"real\"", "expected one of pillow8, cv2_8, float"},
        Change{"/preprocess/mean", "[1,2]", "expected 3 numbers"},
        Change{"/preprocess/mean", "[0.5,1.01,0.5]", "mean: expected a number between 0 and 1"},
        Change{"/preprocess/mean", "[-0.1,0,0]", "mean: expected a number between 0 and 1"},
        Change{"/preprocess/mean", "[1e300,0,0]", "mean: expected a number between 0 and 1"},
        Change{"/preprocess/std", "[1,1,0]", "std: expected a number between 0.001 and 1, found 0"},
        Change{"/preprocess/std", "[58.4,57.1,57.4]", "between 0.001 and 1, found 58.4"},
        Change{"/preprocess/std", "[1e-40,1,1]", "std: expected a number between"},
        Change{"/thresholds", "[0.5]", "expected 3 numbers"},
        Change{"/thresholds", "[0.5,0.5,1.5]", "thresholds: expected a number between 0 and 1"},
        Change{"/thresholds", "[-1e-9,0.5,0.5]", "thresholds: expected a number between 0 and 1"},
        Change{"/thresholds", "[0.5,\"0.5\",0.5]", "between 0 and 1, found \"0.5\""},
        Change{"/thresholds", "[0.5,null,0.5]", "between 0 and 1, found null"},
        Change{"/temperature", "0", "temperature: expected a number between 0.001 and 1000"},
        Change{"/temperature", "-1", "temperature: expected a number between 0.001 and 1000"},
        Change{"/temperature", "1e-300", "temperature: expected a number between"},
        Change{"/temperature", "1e300", "temperature: expected a number between"},
        Change{"/provenance/source", "1", "expected a text"}));

TEST(ModelFile, NamesItsPathWhenItIsAnotherFile) {
  expect_error([] { load_model(fixture("weights/timm_f16.safetensors")); },
               "without evax metadata; evax import makes a model file of a checkpoint");
  expect_error([] { load_model(fixture("weights/zip.pth")); },
               "found a PyTorch checkpoint; evax import makes a model file");
  expect_error([] { load_model(fixture("field/weights/hf_folder")); },
               "found a folder; evax import makes a model file");
  expect_error(
      [] { load_model(std::string(EVAX_SOURCE_DIR) + "/tests/fuzz/corpus/image/grey1.png"); },
      "found a PNG image");
  expect_error([] { load_model("/nowhere/m"); }, "/nowhere/m");
}

TEST(ModelFile, SavesNothingThatItWouldNotLoad) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("m.safetensors");
  ModelFile model = small_model();
  model.tensors.erase("fc_norm.bias");
  model.tensors.erase("cls_token");
  model.tensors["extra"] = Tensor::from_floats({1}, std::vector{1.0F});
  model.tensors["head.bias"] = Tensor::from_floats({2}, std::vector{1.0F, 2.0F});
  const std::string sentence = error_of([&] { save_model(path, model); });
  EXPECT_NE(sentence.find("missing cls_token, fc_norm.bias"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("unexpected extra"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("head.bias (expected [3], found [2])"), std::string::npos) << sentence;

  model = small_model();
  model.tensors["head.bias"] = Tensor(DType::i32, {3});
  expect_error([&] { save_model(path, model); }, "floating-point numbers in head.bias, found I32");
  model.tensors["head.bias"] =
      Tensor::from_floats({3}, std::vector{0.F, std::numeric_limits<float>::infinity(), 0.F});
  expect_error([&] { save_model(path, model); }, "head.bias holds an infinity");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ModelFile, ListsAFewOfManyDifferences) {
  ModelFile model = small_model();
  expect_error([&] { check_tensors("f", parameters_of(model.metadata.model), {}); },
               "missing cls_token, pos_embed, patch_embed.proj.weight and 18 more");
}

TEST(ModelFile, RefusesBrokenMetadata) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("m.safetensors");
  const ModelFile model = small_model();
  for (const char* text : {"", "{", "[1]", "{}"}) {
    save_safetensors(path, model.tensors, {{"evax", text}});
    expect_error([&] { load_model(path); }, path);
  }
}

// 100,000 brackets end the stack of what walks them by recursion; 350,000 keys take minutes where
// each is sought among all others.
TEST(ModelFile, HostileMetadataIsRefusedAtOnce) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("m.safetensors");
  const ModelFile model = small_model();
  const auto refusal = [&](const std::string& text) {
    save_safetensors(path, model.tensors, {{"evax", text}});
    return error_of([&] { load_model(path); });
  };
  const std::string open(100'000, '[');
  const std::string closed(100'000, ']');
  for (const std::string& text : {R"({"format":)" + open + closed + "}", open})
    EXPECT_EQ(refusal(text), path + ": metadata: expected JSON of at most 64 levels, found more");
  std::string keys = R"({"format": 1)";
  for (int i = 0; i < 350'000; ++i) keys += fmt::format(",\"{}\":0", i);
  EXPECT_EQ(refusal(keys + "}"), path + ": metadata: expected the key 'model', found none");
  EXPECT_NE(refusal(std::string(5 << 20, ' ')).find("at most 4194304 bytes"), std::string::npos);
}

TEST(ModelFile, LookingUpAnUnknownParameterIsAMistakeOfTheProgram) {
  EXPECT_THROW(small_model().at("nothing"), std::logic_error);
}

}  // namespace
}  // namespace evax::weights
