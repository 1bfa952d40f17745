// `evax quantize`: what it writes, what it says, and what other verbs do with its files.

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/demo_files.h"
#include "tests/e2e/study.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

// Probability of Pneumonia by path, of `predict`.
std::vector<double> probabilities(const std::string& model,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"predict", model, source_file("demo/xrays"), "--format",
                                     "csv"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Process run = evax(arguments);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  std::vector<double> values;
  const auto rows = read_csv(run.out);
  for (size_t i = 1; i < rows.size(); ++i) values.push_back(std::stod(rows[i][2]));
  return values;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

class Quantize : public testing::Test {
 protected:
  Process quantize(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"quantize", classifier, "-o", int8};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return evax(arguments);
  }

  const Folder folder;
  const std::string int8 = folder.file("int8.safetensors");
};

TEST_F(Quantize, ComparesWithFloat32AndWritesHalfTheSize) {
  const Process run = quantize({"--check", source_file("demo/xrays")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out.find("8 images: probabilities differ by 0.00"), 0U) << run.out;
  EXPECT_NE(run.out.find("; 0 of 16 calls changed"), std::string::npos) << run.out;
  EXPECT_LT(read(int8).size(), 0.55 * static_cast<double>(read(classifier).size()));
  const double largest = largest_difference(probabilities(classifier), probabilities(int8));
  EXPECT_GT(largest, 0);
  EXPECT_LT(largest, 0.005);
  const Json info = Json::parse(evax({"info", int8, "--json"}).out);
  EXPECT_EQ(info["quantization"]["int8"].size(), 48U);
  EXPECT_EQ(info["quantization"]["check"].get<std::string>() + "\n", run.out);
  EXPECT_EQ(info["parameters"],
            Json::parse(evax({"info", classifier, "--json"}).out)["parameters"]);
}

TEST_F(Quantize, OfAListTellsTheChangeOfAuc) {
  write(folder.file("test.csv"), exclusive_list(false));
  write(folder.file("study.toml"), "[data]\nkind = \"csv\"\nimages = \"" +
                                       source_file("demo/adult") + "\"\ntest = \"" +
                                       folder.file("test.csv") + "\"\n");
  const Process run = quantize({"--check", folder.file("study.toml"), "--draws", "50"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto lines = run.out_lines();
  ASSERT_EQ(lines.size(), 4U) << run.out;
  EXPECT_EQ(lines[1].find("AUC Normal: 0."), 0U) << run.out;
  EXPECT_EQ(lines[3].find("AUC mean: 0."), 0U) << run.out;
  const auto auc = [&](const std::string& model) {
    const Process evaluated =
        evax({"evaluate", model, folder.file("study.toml"), "--json", "--draws", "0"});
    return Json::parse(evaluated.out)["mean_auc"].get<double>();
  };
  EXPECT_NEAR(auc(int8), auc(classifier), 0.001);
}

TEST_F(Quantize, WritesNothingUncheckedOrTooFarOff) {
  const auto refused = [&](const std::vector<std::string>& more, int code,
                           const std::string& part) {
    const Process run = quantize(more);
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
    EXPECT_FALSE(std::filesystem::exists(int8));
  };
  refused({}, 2, "--unchecked writes without");
  refused({"--check", xray("00001368_000.png"), "--most", "0"}, 1,
          "expected 0 at most (--most); --keep leaves layers in floating point");
  refused({"--unchecked", "--keep", "blocks.12"}, 1, "found 'blocks.12'");
  refused({"--unchecked", "--keep", "blocks"}, 1, "found none left");
  refused({"--check", folder.file("missing.png")}, 1, "missing.png");
}

TEST_F(Quantize, KeepsLayersAndSaysSo) {
  ASSERT_EQ(quantize({"--unchecked", "--keep", "blocks.0,head"}).exit_code, 0);
  const Json info = Json::parse(evax({"info", int8, "--json"}).out);
  EXPECT_EQ(info["quantization"]["int8"].size(), 44U);
  EXPECT_EQ(info["quantization"]["int8"][0], "blocks.1.attn.qkv");
  EXPECT_EQ(info["quantization"]["check"], "unchecked");
  EXPECT_LT(largest_difference(probabilities(classifier), probabilities(int8)), 0.005);
}

TEST_F(Quantize, ExportWritesWhatTheCodesStandFor) {
  ASSERT_EQ(quantize({"--unchecked"}).exit_code, 0);
  const std::string timm = folder.file("timm.safetensors");
  ASSERT_EQ(evax({"export", int8, "-o", timm}).exit_code, 0);
  const std::string back = folder.file("back.safetensors");
  const Process import = evax({"import", timm, "-o", back});
  ASSERT_EQ(import.exit_code, 0) << import.err;
  EXPECT_LT(largest_difference(probabilities(back), probabilities(int8)), 0.005);
  const std::string again = folder.file("again.safetensors");
  ASSERT_EQ(evax({"export", int8, "-o", again, "--layout", "evax"}).exit_code, 0);
  EXPECT_FALSE(Json::parse(evax({"info", again, "--json"}).out).contains("quantization"));
}

TEST_F(Quantize, OtherVerbsRefuseOrRunItsFiles) {
  ASSERT_EQ(quantize({"--unchecked"}).exit_code, 0);
  const Process twice = evax({"quantize", int8, "-o", folder.file("x.safetensors"), "--unchecked"});
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_NE(twice.err.find("expected a model without 8-bit weights"), std::string::npos)
      << twice.err;
  const Process embed = evax({"embed", int8, xray("00001368_000.png"), "-o", folder.file("f.npy")});
  EXPECT_EQ(embed.exit_code, 0) << embed.err;
  const Process explain = evax({"explain", int8, xray("00001368_000.png"), "-o", folder.file("e")});
  EXPECT_EQ(explain.exit_code, 0) << explain.err;
  std::vector<std::string> words{"train",
                                 source_file("recipes/demo/finetune.toml"),
                                 "model.init=" + int8,
                                 "data.images=" + source_file("demo/adult"),
                                 "--run",
                                 folder.file("run")};
  for (const char* list : {"train", "val", "test"})
    words.push_back(std::string("data.") + list + "=" +
                    source_file(std::string("demo/model/adult/") + list + ".csv"));
  const Process train = evax(words);
  EXPECT_EQ(train.exit_code, 1);
  EXPECT_NE(train.err.find("rounded to 8 bits for inference"), std::string::npos) << train.err;
  const Process import = evax({"import", int8, "-o", folder.file("y.safetensors")});
  EXPECT_EQ(import.exit_code, 1);
  EXPECT_NE(import.err.find("found an evax model file"), std::string::npos) << import.err;
}

TEST_F(Quantize, MasksAreCompared) {
  const Process run = evax({"quantize", source_file("demo/lungs.safetensors"), "-o", int8,
                            "--check", xray("00001368_000.png"), "--most", "0.2"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("pixels changed"), std::string::npos) << run.out;
}

#ifdef __x86_64__
TEST_F(Quantize, EveryInstructionSetAgrees) {
  ASSERT_EQ(quantize({"--unchecked"}).exit_code, 0);
  const double expected = probabilities(int8).front();  // of the first X-ray by name
  for (const char* isa : {"scalar", "sse4", "avx2", "avx_vnni", "avx512", "avx512_vnni", "amx"}) {
    const Process run = evax({"predict", int8, xray("00001368_000.png"), "--format", "csv"},
                             {.environment = {std::string("EVAX_MAX_ISA=") + isa}});
    ASSERT_EQ(run.exit_code, 0) << isa << run.err;
    const auto rows = read_csv(run.out);
    EXPECT_NEAR(std::stod(rows.at(1)[2]), expected, 1e-3) << isa;
  }
}
#endif

}  // namespace
}  // namespace evax::e2e
