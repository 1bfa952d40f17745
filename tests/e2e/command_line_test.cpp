// The binary as a person meets it: help, usage errors, exit codes, formats.

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

// What a help text lists under "Subcommands:".
std::set<std::string> verbs_of(const std::string& help) {
  static const std::regex line("  ([a-z]+) +[^ ].*");
  std::set<std::string> verbs;
  std::istringstream text(help.substr(std::min(help.size(), help.find("Subcommands:"))));
  std::smatch match;
  for (std::string row; std::getline(text, row);)
    if (std::regex_match(row, match, line)) verbs.insert(match[1]);
  return verbs;
}

const std::string model = source_file("demo/pneumonia.safetensors");
const std::string xrays = source_file("demo/xrays");

TEST(CommandLine, EveryVerbHasHelpAndAnExample) {
  const Process help = evax({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("not a medical device"), std::string::npos);
  const std::set<std::string> verbs = verbs_of(help.out);
  EXPECT_GT(verbs.size(), 15U);
  for (const std::string& verb : verbs) {
    if (verb == "train") continue;  // evax-train's
    const Process own = evax({verb, "--help"});
    EXPECT_EQ(own.exit_code, 0) << verb;
    const std::string example = verb == "completion" ? "Example: source <(evax " : "Example: evax ";
    EXPECT_NE(own.out.find(example + verb), std::string::npos) << verb;
  }
}

TEST(CommandLine, TheDocumentedVerbsAreThoseOfHelp) {
  static const std::regex row(R"(\| `evax ([a-z]+)( ([a-z]+))?.*)");
  std::set<std::string> verbs;
  std::set<std::string> data_verbs;
  std::istringstream text(read(source_file("docs/verbs.md")));
  std::smatch match;
  for (std::string line; std::getline(text, line);)
    if (std::regex_match(line, match, row)) {
      verbs.insert(match[1]);
      if (match[1] == "data") data_verbs.insert(match[3]);
    }
  EXPECT_EQ(verbs, verbs_of(evax({"--help"}).out));
  EXPECT_EQ(data_verbs, verbs_of(evax({"data", "--help"}).out));
}

TEST(CommandLine, VersionNamesLibrariesAndKernels) {
  const Process run = evax({"--version"});
  EXPECT_EQ(run.exit_code, 0);
  for (const char* word : {"evax 0.", "Highway", "DCMTK", "CPU", "kernels"})
    EXPECT_NE(run.out.find(word), std::string::npos) << word;
}

TEST(CommandLine, CompletionIsValidBash) {
  const Folder folder;
  write(folder.file("completion"), evax({"completion"}).out);
  const std::string check = "bash -c '. " + folder.file("completion") +
                            " && COMP_WORDS=(evax pre) COMP_CWORD=1 && _evax && "
                            "[ \"${COMPREPLY[*]}\" = \"predict preprocess\" ]'";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(CommandLine, CompletionKnowsTheVerbsOfAVerb) {
  const Folder folder;
  write(folder.file("completion"), evax({"completion"}).out);
  const auto completes = [&](const std::string& words, const std::string& expected) {
    const std::string check = "bash -c '. " + folder.file("completion") + " && COMP_WORDS=(" +
                              words + ") && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _evax && " +
                              "[ \"${COMPREPLY[*]}\" = \"" + expected + "\" ]'";
    return std::system(check.c_str()) == 0;
  };
  EXPECT_TRUE(completes("evax data s", "split stats"));
  EXPECT_TRUE(completes("evax data check --al", "--allow-leak"));
  EXPECT_TRUE(completes("evax predict --form", "--format"));
}

TEST(CommandLine, WrongUsageIsOneLineAndExitCode2) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"diagnose"},
      {"predict"},
      {"predict", model},
      {"predict", model, xrays, "--format", "xml"},
      {"predict", model, xrays, "--precision", "int3"},
      {"predict", model, xrays, "--threads", "many"},
      {"import", "x.pth"},
      {"import", "x.pth", "-o", "y", "--preset", "mnist"},
      {"embed", model, xrays, "-o", "features.txt"},
      {"convert", xrays, "-o", "one.png"},
      {"data"},
      {"data", "check"},
      {"data", "split", "--kind", "csv", "--train", "x.csv"},
      {"forward", model, "--input", "x.npy"},
      {"evaluate", model},
      {"evaluate", model, "x.toml", "--threshold", "best"},
      {"evaluate", model, "x.toml", "--draws", "-1"},
      {"compare", "a"},
      {"localize", model},
      {"localize", model, "x.toml", "--threshold", "1.5"},
  };
  for (const auto& arguments : wrong) {
    const Process run = evax(arguments);
    const std::string what = testing::PrintToString(arguments);
    EXPECT_EQ(run.exit_code, 2) << what;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << what << run.err;
    EXPECT_EQ(run.out, "") << what;
  }
}

TEST(CommandLine, PredictJsonHasWhatTheContractSays) {
  const Process run = evax({"predict", model, xrays, "--format", "jsonl", "--logits"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  ASSERT_GT(run.out_lines().size(), 4U);
  const Json metadata = Json::parse(evax({"info", model, "--json"}).out);
  const std::map<std::string, double> thresholds{{"Normal", metadata["thresholds"][0]},
                                                 {"Pneumonia", metadata["thresholds"][1]}};
  for (const std::string& line : run.out_lines()) {
    const Json object = Json::parse(line);
    EXPECT_TRUE(std::filesystem::exists(object["path"].get<std::string>()));
    EXPECT_TRUE(object["view"].is_null() || object["view"].is_string());
    EXPECT_TRUE(object["warnings"].is_array());
    const Json& classes = object["classes"];
    ASSERT_EQ(classes.size(), 2U);
    double sum = 0;
    int positives = 0;
    for (const auto& [name, finding] : classes.items()) {
      EXPECT_TRUE(name == "Normal" || name == "Pneumonia");
      EXPECT_EQ(finding["threshold"], thresholds.at(name));
      EXPECT_TRUE(finding["logit"].is_number());
      sum += finding["probability"].get<double>();
      positives += finding["positive"].get<bool>() ? 1 : 0;
    }
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_EQ(positives, 1);
    EXPECT_EQ(classes["Pneumonia"]["positive"].get<bool>(),
              classes["Pneumonia"]["probability"].get<double>() >= thresholds.at("Pneumonia"));
  }
}

TEST(CommandLine, FormatsAgree) {
  const auto csv = read_csv(evax({"predict", model, xrays, "--format", "csv"}).out);
  const auto lines = evax({"predict", model, xrays, "--format", "jsonl"}).out_lines();
  const std::string table = evax({"predict", model, xrays}).out;
  ASSERT_EQ(csv.size(), lines.size() + 1);
  EXPECT_EQ(csv[0][0], "path");
  EXPECT_EQ(csv[0][2], "prob_Pneumonia");
  for (size_t i = 0; i < lines.size(); ++i) {
    const Json object = Json::parse(lines[i]);
    EXPECT_EQ(csv[i + 1][0], object["path"]);
    EXPECT_NEAR(std::stod(csv[i + 1][2]), object["classes"]["Pneumonia"]["probability"], 1e-6);
    EXPECT_NE(table.find(object["path"].get<std::string>()), std::string::npos);
  }
}

TEST(CommandLine, OutputDoesNotDependOnThreadsNorOnTheOtherImages) {
  const Process one =
      evax({"predict", model, xrays, "--format", "jsonl", "--logits", "--threads", "1"});
  const Process two =
      evax({"predict", model, xrays, "--format", "jsonl", "--logits", "--threads", "2"});
  EXPECT_EQ(one.out, two.out);
  const std::string first = Json::parse(one.out_lines().at(0))["path"];
  const Process alone = evax({"predict", model, first, "--format", "jsonl", "--logits"});
  EXPECT_EQ(alone.out_lines().at(0), one.out_lines().at(0));
}

TEST(CommandLine, PatternsFoldersAndFilesMeanTheSame) {
  const Process folder = evax({"predict", model, xrays, "--format", "csv"});
  const Process pattern = evax({"predict", model, xrays + "/*", "--format", "csv"});
  EXPECT_EQ(folder.out, pattern.out);
}

TEST(CommandLine, OutputFileEqualsStandardOutput) {
  const Folder folder;
  const Process direct = evax({"predict", model, xrays, "--format", "csv"});
  const Process written =
      evax({"predict", model, xrays, "--format", "csv", "-o", folder.file("a.csv")});
  EXPECT_EQ(written.exit_code, 0);
  EXPECT_EQ(written.out, "");
  EXPECT_EQ(read(folder.file("a.csv")), direct.out);
}

TEST(CommandLine, InfoDescribesModelCheckpointAndImage) {
  const Process model_info = evax({"info", model, "--json"});
  ASSERT_EQ(model_info.exit_code, 0) << model_info.err;
  const Json object = Json::parse(model_info.out);
  EXPECT_EQ(object["format"], 1);
  EXPECT_EQ(object["model"]["variant"], "eva_x_tiny");
  EXPECT_EQ(object["model"]["embed_dim"], 192);
  EXPECT_EQ(object["task"], "multiclass");
  EXPECT_EQ(object["classes"], (Json{"Normal", "Pneumonia"}));
  EXPECT_EQ(object["dtype"], "F16");
  EXPECT_EQ(object["parameters"], 5'525'570);  // spec A.1, two classes
  EXPECT_EQ(object["preprocess"]["resize"], 256);

  const Process tensors = evax({"info", model, "--tensors"});
  EXPECT_NE(tensors.out.find("blocks.11.mlp.fc1.weight"), std::string::npos);
  const Process checkpoint = evax({"info", source_file("tests/fixtures/parity/tiny.pth")});
  EXPECT_EQ(checkpoint.exit_code, 0) << checkpoint.err;
  EXPECT_NE(checkpoint.out.find("498"), std::string::npos) << checkpoint.out;
  for (const auto& entry : std::filesystem::directory_iterator(xrays)) {
    const Process image = evax({"info", entry.path(), "--json"});
    EXPECT_EQ(image.exit_code, 0) << image.err;
    EXPECT_TRUE(Json::parse(image.out).contains("width"));
  }
}

}  // namespace
}  // namespace evax::e2e
