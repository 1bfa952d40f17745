// Import, export and back, through the binary.

#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

class Layouts : public testing::TestWithParam<std::string> {};

// The fixtures' logits within the tolerances of tests/fixtures/parity/README.md.
TEST_P(Layouts, ImportedFixtureGivesTheOfficialOutputs) {
  const std::string name = GetParam();
  const Folder folder;
  const std::string model = folder.file("m.safetensors");
  const Process import =
      evax({"import", source_file("tests/fixtures/parity/" + name + ".pth"), "-o", model});
  ASSERT_EQ(import.exit_code, 0) << import.err;
  const Process forward = evax(
      {"forward", model, "--input", source_file("tests/fixtures/parity/tiny_input.npy"), "--logits",
       folder.file("l.npy"), "--features", folder.file("f.npy"), "--tokens", folder.file("t.npy")});
  ASSERT_EQ(forward.exit_code, 0) << forward.err;
  const auto expect_near = [&](const std::string& ours, const std::string& official,
                               float tolerance) {
    const Tensor a = read_npy(folder.file(ours));
    const Tensor b =
        read_npy(source_file("tests/fixtures/parity/" + name + "_" + official + ".npy"));
    ASSERT_EQ(a.shape(), b.shape());
    for (size_t i = 0; i < a.floats().size(); ++i)
      ASSERT_NEAR(a.floats()[i], b.floats()[i], tolerance) << official << " " << i;
  };
  expect_near("l.npy", "logits", 2e-5F);
  expect_near("f.npy", "features", 2e-5F);
  expect_near("t.npy", "tokens", 5e-5F);
}

INSTANTIATE_TEST_SUITE_P(Parity, Layouts, testing::Values("tiny", "tinyb"));

TEST(Import, AnotherImageSize) {
  const Folder folder;
  const std::string model = folder.file("m.safetensors");
  ASSERT_EQ(evax({"import", source_file("tests/fixtures/parity/tiny.pth"), "-o", model,
                  "--image-size", "96"})
                .exit_code,
            0);
  const Process forward =
      evax({"forward", model, "--input", source_file("tests/fixtures/parity/tiny96_input.npy"),
            "--logits", folder.file("l.npy")});
  ASSERT_EQ(forward.exit_code, 0) << forward.err;
  const Tensor ours = read_npy(folder.file("l.npy"));
  const Tensor official = read_npy(source_file("tests/fixtures/parity/tiny96_logits.npy"));
  for (size_t i = 0; i < official.floats().size(); ++i)
    EXPECT_NEAR(ours.floats()[i], official.floats()[i], 2e-5F);
}

TEST(Export, EveryLayoutComesBackBitIdentical) {
  const Folder folder;
  const std::string model = source_file("demo/pneumonia.safetensors");
  const std::vector<std::pair<std::string, std::string>> layouts{
      {"timm", "timm.safetensors"}, {"timm", "timm.pth"}, {"official", "official.safetensors"},
      {"official", "official.pth"}, {"hf", "hf"},
  };
  for (const auto& [layout, name] : layouts) {
    const Process run = evax({"export", model, "-o", folder.file(name), "--layout", layout});
    ASSERT_EQ(run.exit_code, 0) << name << run.err;
    const std::string back = folder.file("back.safetensors");
    const Process import =
        evax({"import", folder.file(name), "-o", back, "--classes", "Normal,Pneumonia"});
    ASSERT_EQ(import.exit_code, 0) << name << import.err;
    // Everything but the provenance is the same, so the tensor bytes at the end are.
    const std::string a = read(model);
    const std::string b = read(back);
    constexpr size_t parameter_bytes = size_t{5'525'570} * 2;
    EXPECT_EQ(a.substr(a.size() - parameter_bytes), b.substr(b.size() - parameter_bytes)) << name;
  }
}

// The demonstration model has classes, thresholds and a temperature: whatever layout it goes
// through, every probability, threshold and call is the same.
TEST(Export, FollowedByImportChangesNoCall) {
  const Folder folder;
  const std::string model = source_file("demo/pneumonia.safetensors");
  const auto predict = [](const std::string& path) {
    const Process run = evax({"predict", path, source_file("demo/xrays"), "--format", "jsonl"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  };
  const std::string expected = predict(model);
  const Json metadata = Json::parse(evax({"info", model, "--json"}).out);
  ASSERT_TRUE(metadata.contains("temperature"));
  for (const auto& [layout, name] : {std::pair{"timm", "t.safetensors"},
                                     {"timm", "t.pth"},
                                     {"official", "o.safetensors"},
                                     {"official", "o.pth"},
                                     {"hf", "hub"}}) {
    ASSERT_EQ(evax({"export", model, "-o", folder.file(name), "--layout", layout}).exit_code, 0);
    const Process import = evax({"import", folder.file(name), "-o", folder.file("back")});
    ASSERT_EQ(import.exit_code, 0) << import.err;
    EXPECT_NE(import.err.find("as evax.json says"), std::string::npos) << import.err;
    EXPECT_EQ(predict(folder.file("back")), expected) << name;
    Json back = Json::parse(evax({"info", folder.file("back"), "--json"}).out);
    for (const char* key : {"classes", "task", "preprocess", "temperature", "thresholds"})
      EXPECT_EQ(back.value(key, Json()), metadata.value(key, Json())) << key;
    for (const char* key : {"licence", "data"})
      EXPECT_EQ(back["provenance"][key], metadata["provenance"][key]) << key;
  }
}

TEST(Import, FolderWithAConfigSaysWhatItTook) {
  const Folder folder;
  for (const char* name : {"hf_folder", "hf_sharded"}) {
    const Process run =
        evax({"import", source_file(std::string("tests/fixtures/field/weights/") + name), "-o",
              folder.file(name)});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NE(run.err.find("images as config.json says"), std::string::npos) << run.err;
    EXPECT_EQ(Json::parse(evax({"info", folder.file(name), "--json"}).out)["preprocess"]["std"],
              (Json{0.2, 0.2, 0.2}));
  }
  const std::string xrays = source_file("demo/xrays");
  const auto predict = [&](const char* name) {
    const std::string out = evax({"predict", folder.file(name), xrays, "--format", "jsonl"}).out;
    EXPECT_FALSE(out.empty());
    return out;
  };
  EXPECT_EQ(predict("hf_folder"), predict("hf_sharded"));
}

TEST(Import, EqualInputGivesEqualBytes) {
  const Folder folder;
  const std::string checkpoint = source_file("tests/fixtures/parity/tinyb.pth");
  ASSERT_EQ(evax({"import", checkpoint, "-o", folder.file("a.safetensors")}).exit_code, 0);
  ASSERT_EQ(evax({"import", checkpoint, "-o", folder.file("b.safetensors")}).exit_code, 0);
  EXPECT_EQ(read(folder.file("a.safetensors")), read(folder.file("b.safetensors")));
}

TEST(Import, PretrainedEncoderEmbedsButDoesNotPredict) {
  const Folder folder;
  const std::string model = folder.file("mim.safetensors");
  const Process import =
      evax({"import", source_file("tests/fixtures/mim/student_ti.pth"), "-o", model});
  ASSERT_EQ(import.exit_code, 0) << import.err;
  EXPECT_NE(import.err.find("fc_norm"), std::string::npos) << import.err;
  EXPECT_EQ(Json::parse(evax({"info", model, "--json"}).out)["task"], "pretrained");

  const std::string xrays = source_file("demo/xrays");
  const Process predict = evax({"predict", model, xrays});
  EXPECT_EQ(predict.exit_code, 1);
  EXPECT_NE(predict.err.find("evax embed"), std::string::npos) << predict.err;
  const Process embed = evax({"embed", model, xrays, "-o", folder.file("e.npy")});
  EXPECT_EQ(embed.exit_code, 0) << embed.err;
  EXPECT_EQ(read_npy(folder.file("e.npy")).size(1), 128);
}

// The paper's counts (spec A.1): 5.5 M parameters, 1.253 GMACs.
TEST(Info, FlopsOfAPublishedNetworkByItsName) {
  const Process run = evax({"info", "eva_x_tiny", "--flops", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["parameters"], 5525184);
  EXPECT_NEAR(json["macs"].get<double>(), 1.253e9, 1e6);
  EXPECT_EQ(json["stages"]["mlp"]["parameters"], 12 * (2 * 192 + 3 * 192 * 512 + 2 * 512 + 192));
  const Process table = evax({"info", "eva_x_tiny", "--flops"});
  EXPECT_NE(table.out.find("1.253\n"), std::string::npos) << table.out;
  EXPECT_EQ(evax({"info", "eva_x_tiny"}).out.find("GMACs"), std::string::npos);
}

TEST(Info, FlopsOfAModelFileAreAtItsSize) {
  const std::string model = source_file("demo/pneumonia.safetensors");
  const Json json = Json::parse(evax({"info", model, "--flops", "--json"}).out);
  EXPECT_EQ(json["task"], "multiclass");
  double sum = 0;
  for (const auto& [name, stage] : json["stages"].items()) sum += stage["macs"].get<double>();
  EXPECT_EQ(json["macs"].get<double>(), sum);
  EXPECT_EQ(evax({"info", model, "--json"}).out.find("macs"), std::string::npos);
}

TEST(Info, FlopsNeedANetwork) {
  const Process image = evax({"info", source_file("demo/xrays/00001368_000.png"), "--flops"});
  EXPECT_EQ(image.exit_code, 1);
  EXPECT_NE(image.err.find("expected a model file or the name of a network"), std::string::npos);
  const Process checkpoint =
      evax({"info", source_file("tests/fixtures/parity/tinyb.pth"), "--flops"});
  EXPECT_EQ(checkpoint.exit_code, 1);
  EXPECT_NE(checkpoint.err.find("evax import makes one"), std::string::npos) << checkpoint.err;
}

}  // namespace
}  // namespace evax::e2e
