// The shipped demonstration model against timm's answers, an imported one against the official
// code's.

#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

struct Expected {
  std::string file;
  double normal, pneumonia;  // logits
};

std::vector<Expected> expected_logits() {
  std::vector<Expected> rows;
  const auto csv = read_csv(read(source_file("tests/fixtures/demo/expected.csv")));
  for (size_t i = 1; i < csv.size(); ++i)
    rows.push_back({csv[i][0], std::stod(csv[i][2]), std::stod(csv[i][3])});
  return rows;
}

void expect_official_logits(const std::string& model, double tolerance) {
  const std::string data = shared_file("data/");
  std::vector<std::string> arguments{"predict", model, "--format", "jsonl", "--logits"};
  const auto rows = expected_logits();
  for (const Expected& row : rows) arguments.push_back(data + row.file);
  const Process run = evax(arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto lines = run.out_lines();
  ASSERT_EQ(lines.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Json classes = Json::parse(lines[i])["classes"];
    EXPECT_NEAR(classes["Normal"]["logit"], rows[i].normal, tolerance) << rows[i].file;
    EXPECT_NEAR(classes["Pneumonia"]["logit"], rows[i].pneumonia, tolerance) << rows[i].file;
  }
}

// Of the checkpoint that the official code trained, at both precisions.
TEST(Demo, ImportAgreesWithTheOfficialCode) {
  const std::string checkpoint = shared_file("fixtures/demo/eva_x_tiny_pneumonia_demo.pth");
  if (!std::filesystem::exists(checkpoint)) GTEST_SKIP() << "no demo checkpoint on this machine";
  const Folder folder;
  const std::string model = folder.file("demo.safetensors");
  for (const auto& [dtype, tolerance] : {std::pair{"fp32", 1e-4}, {"fp16", 1e-2}}) {
    const Process import = evax(
        {"import", checkpoint, "-o", model, "--classes", "Normal,Pneumonia", "--dtype", dtype});
    ASSERT_EQ(import.exit_code, 0) << import.err;
    expect_official_logits(model, tolerance);
  }
}

// tests/fixtures/demo/shipped.csv: timm and Pillow (tools/oracles/demo.py). The weights are float16
// on both sides; what is left is float32 arithmetic.
TEST(Demo, ShippedModelAgreesWithTimm) {
  const auto rows = read_csv(read(source_file("tests/fixtures/demo/shipped.csv")));
  ASSERT_EQ(rows.size(), 8U);
  for (size_t i = 1; i < rows.size(); ++i) {
    const Process run =
        evax({"predict", source_file("demo/pneumonia.safetensors"),
              source_file("demo/xrays/" + rows[i][0]), "--format", "jsonl", "--logits"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const Json classes = Json::parse(run.out)["classes"];
    EXPECT_NEAR(classes["Normal"]["logit"], std::stod(rows[i][1]), 1e-4) << rows[i][0];
    EXPECT_NEAR(classes["Pneumonia"]["logit"], std::stod(rows[i][2]), 1e-4) << rows[i][0];
  }
}

// Float16 numbers are float32 numbers: the way there and back loses nothing, metadata included.
TEST(Demo, PretrainedModelGoesToAnotherPrecisionAndBack) {
  const Folder folder;
  const std::string shipped = source_file("demo/pretrained.safetensors");
  const auto write_as = [](const std::string& from, const std::string& to, const char* dtype) {
    const Process run = evax({"export", from, "-o", to, "--layout", "evax", "--dtype", dtype});
    EXPECT_EQ(run.exit_code, 0) << run.err;
  };
  write_as(shipped, folder.file("wide"), "f32");
  write_as(folder.file("wide"), folder.file("narrow"), "f16");
  Json wide = Json::parse(evax({"info", folder.file("wide"), "--json"}).out);
  EXPECT_EQ(wide["dtype"], "F32");
  EXPECT_EQ(wide["task"], "pretrained");
  EXPECT_GT(std::filesystem::file_size(folder.file("wide")),
            std::filesystem::file_size(shipped) * 19 / 10);
  EXPECT_TRUE(read(folder.file("narrow")) == read(shipped));
}

TEST(Demo, ShippedModelSaysWhereItComesFrom) {
  const Process info = evax({"info", source_file("demo/pneumonia.safetensors"), "--json"});
  const Json metadata = Json::parse(info.out);
  EXPECT_EQ(metadata["classes"], (Json{"Normal", "Pneumonia"}));
  for (const char* key : {"data", "licence", "note", "metrics"})
    EXPECT_TRUE(metadata["provenance"].contains(key)) << key;
  EXPECT_NE(metadata["provenance"]["note"].get<std::string>().find("demonstration"),
            std::string::npos);
  EXPECT_NE(metadata["provenance"]["metrics"].get<std::string>().find("95 %"), std::string::npos);
}

TEST(Demo, PreprocessForwardAndPredictAgree) {
  const Folder folder;
  const std::string model = source_file("demo/pneumonia.safetensors");
  for (const auto& entry : std::filesystem::directory_iterator(source_file("demo/xrays"))) {
    const std::string image = entry.path();
    ASSERT_EQ(evax({"preprocess", model, image, "-o", folder.file("x.npy")}).exit_code, 0);
    EXPECT_EQ(read_npy(folder.file("x.npy")).shape(), (Shape{3, 224, 224}));
    const Process forward =
        evax({"forward", model, "--input", folder.file("x.npy"), "--logits", folder.file("l.npy"),
              "--features", folder.file("f.npy"), "--tokens", folder.file("t.npy")});
    ASSERT_EQ(forward.exit_code, 0) << forward.err;
    const Process predict = evax({"predict", model, image, "--format", "jsonl", "--logits"});
    const Json classes = Json::parse(predict.out)["classes"];
    const Tensor logits = read_npy(folder.file("l.npy"));
    EXPECT_EQ(logits.shape(), (Shape{1, 2}));
    EXPECT_EQ(classes["Normal"]["logit"].get<float>(), logits.floats()[0]);
    EXPECT_EQ(classes["Pneumonia"]["logit"].get<float>(), logits.floats()[1]);
    EXPECT_EQ(read_npy(folder.file("t.npy")).shape(), (Shape{1, 197, 192}));

    const Process embed = evax({"embed", model, image, "-o", folder.file("e.npy")});
    ASSERT_EQ(embed.exit_code, 0) << embed.err;
    const Tensor features = read_npy(folder.file("f.npy"));
    const Tensor embedded = read_npy(folder.file("e.npy"));
    EXPECT_EQ(embedded.shape(), (Shape{1, 192}));
    EXPECT_TRUE(
        std::equal(features.floats().begin(), features.floats().end(), embedded.floats().begin()));
    EXPECT_EQ(read(folder.file("e.csv")), "row,path\n0," + image + "\n");
  }
}

TEST(Demo, EmbedTokensHasOneRowPerReadableImage) {
  const Folder folder;
  write(folder.file("broken.png"), "not a picture");
  const Process run =
      evax({"embed", source_file("demo/pneumonia.safetensors"), source_file("demo/xrays"),
            folder.file("broken.png"), "-o", folder.file("t.npy"), "--tokens"});
  EXPECT_EQ(run.exit_code, 3);
  const Tensor tokens = read_npy(folder.file("t.npy"));
  const auto rows = read_csv(read(folder.file("t.csv")));
  ASSERT_EQ(tokens.shape().size(), 3U);
  EXPECT_EQ(tokens.size(0), static_cast<int64_t>(rows.size()) - 1);
  EXPECT_EQ(tokens.size(1), 197);
}

TEST(Demo, ConvertWritesWhatPredictSees) {
  const Folder folder;
  const std::string model = source_file("demo/pneumonia.safetensors");
  const Process convert = evax({"convert", source_file("demo/xrays"), "-o", folder.file("png")});
  ASSERT_EQ(convert.exit_code, 0) << convert.err;
  const auto before = evax({"predict", model, source_file("demo/xrays"), "--format", "jsonl"});
  const auto after = evax({"predict", model, folder.file("png"), "--format", "jsonl"});
  std::vector<double> from_source;
  std::vector<double> from_png;
  for (const std::string& line : before.out_lines())
    from_source.push_back(Json::parse(line)["classes"]["Pneumonia"]["probability"]);
  for (const std::string& line : after.out_lines())
    from_png.push_back(Json::parse(line)["classes"]["Pneumonia"]["probability"]);
  std::sort(from_source.begin(), from_source.end());
  std::sort(from_png.begin(), from_png.end());
  EXPECT_EQ(from_source, from_png);
}

}  // namespace
}  // namespace evax::e2e
