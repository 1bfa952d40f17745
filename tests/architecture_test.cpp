// Fails when a room includes a header it may not know (CONTRIBUTING.md, "Rooms").

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const Names runtime_rooms{"core",   "image",  "weights",    "metrics",  "data",
                          "engine", "report", "evaluation", "inference"};

// What each room may include besides itself.
const std::map<std::string, Names> allowed{
    {"core", {}},
    {"image", {"core"}},
    {"weights", {"core"}},
    {"metrics", {"core"}},
    {"data", {"core", "image", "weights", "metrics"}},
    {"engine", {"core", "image", "weights", "metrics"}},
    {"report", {"core", "image", "metrics"}},
    {"inference", {"core", "image", "weights", "metrics", "data", "engine"}},
    {"evaluation",
     {"core", "image", "weights", "metrics", "report", "data", "engine", "inference"}},
    {"tasks", runtime_rooms},
    {"nn", {"core", "engine", "weights"}},
    {"train",
     {"core", "image", "weights", "metrics", "data", "engine", "report", "evaluation", "inference",
      "nn"}},
};

// Libraries that only these rooms may name: the runtime never knows LibTorch.
struct Fence {
  std::regex header;
  Names rooms;
};
const std::vector<Fence> fences{
    {std::regex("(torch|ATen|c10)/.*"), {"nn", "train"}},
    {std::regex("hwy/.*"), {"engine", "image"}},
    {std::regex("dcmtk/.*|openjpeg.*"), {"image"}},
    {std::regex("CLI/.*"), {}},
    {std::regex("toml\\+\\+/.*"), {"core"}},
};

std::vector<std::string> includes_of(const fs::path& path) {
  static const std::regex include(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
  std::vector<std::string> headers;
  std::ifstream file(path);
  std::smatch match;
  for (std::string line; std::getline(file, line);)
    if (std::regex_search(line, match, include)) headers.push_back(match[1]);
  return headers;
}

// Why `room` may not include `header`, or an empty string.
std::string objection(const std::string& room, const std::string& header) {
  static const std::regex room_header("evax/([a-z_]+)/.*");
  std::smatch match;
  if (std::regex_match(header, match, room_header)) {
    const std::string other = match[1];
    if (other != room && !allowed.at(room).contains(other)) return room + " may not know " + other;
  }
  if (header.starts_with("apps/")) return "apps include rooms, never the other way";
  for (const Fence& fence : fences)
    if (std::regex_match(header, fence.header) && !fence.rooms.contains(room))
      return room + " may not know " + header;
  return {};
}

TEST(Architecture, RoomsIncludeOnlyWhatTheyMay) {
  const fs::path root = fs::path(EVAX_SOURCE_DIR) / "evax";
  size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".h" && path.extension() != ".cpp") continue;
    if (path.parent_path() == root) continue;  // evax.h, for other programs
    const std::string room = fs::relative(path, root).begin()->string();
    ASSERT_TRUE(allowed.contains(room)) << path << ": a room nobody has described";
    for (const std::string& header : includes_of(path)) {
      ++seen;
      EXPECT_EQ(objection(room, header), "") << path << " includes " << header;
    }
  }
  EXPECT_GT(seen, 100U);
}

// Depth, size and time of parsing are bounded in one place, evax/core/json.cpp; a safetensors
// header, which may be larger, goes through a handler that keeps no tree.
TEST(Architecture, JsonIsParsedInOnePlace) {
  static const std::regex parses(R"((json|Json)::(parse|accept|sax_parse|from_[a-z]+)\()");
  std::set<std::string> found;
  for (const char* folder : {"evax", "apps"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EVAX_SOURCE_DIR) / folder)) {
      const fs::path& path = entry.path();
      const std::string name = path.filename();
      const bool test = name.ends_with("_test.cpp") || path.parent_path().filename() == "testing" ||
                        name == "testing.h" || name == "replay.h";
      if (test || (path.extension() != ".h" && path.extension() != ".cpp")) continue;
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);)
        if (std::regex_search(line, parses)) found.insert(name);
    }
  EXPECT_EQ(found, (std::set<std::string>{"json.cpp", "safetensors_header.cpp"}));
}

TEST(Architecture, TheRuleCatchesWhatItForbids) {
  EXPECT_NE(objection("core", "evax/image/image.h"), "");
  EXPECT_NE(objection("image", "evax/weights/config.h"), "");
  EXPECT_NE(objection("engine", "evax/data/transform.h"), "");
  EXPECT_NE(objection("tasks", "evax/nn/network.h"), "");
  EXPECT_NE(objection("tasks", "ATen/ATen.h"), "");
  EXPECT_NE(objection("weights", "hwy/highway.h"), "");
  EXPECT_NE(objection("tasks", "apps/evax/verbs.h"), "");
  EXPECT_EQ(objection("tasks", "evax/engine/model.h"), "");
}

}  // namespace
