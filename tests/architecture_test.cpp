// Fails when a room includes a header it may not know (CONTRIBUTING.md, "Rooms").

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

// What each room may include besides itself: a room ("core"), a folder ("engine/kernels") or a
// header ("engine/cpu.h"), from the table of rooms in CONTRIBUTING.md.
std::map<std::string, Names> table_of_rooms() {
  static const std::regex row(R"(\| `([a-z]+)` \| .* \| ([^|]+) \|)");
  static const std::regex name(R"([a-z_./]+)");
  std::map<std::string, Names> rooms;
  std::ifstream file(fs::path(EVAX_SOURCE_DIR) / "CONTRIBUTING.md");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, match, row)) continue;
    Names& names = rooms[match[1]];
    const std::string list = match[2];
    if (list == "nothing") continue;
    for (std::sregex_iterator it(list.begin(), list.end(), name), end; it != end; ++it)
      names.insert(it->str());
  }
  return rooms;
}

const std::map<std::string, Names> allowed = table_of_rooms();

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
    const auto covers = [&](const std::string& name) {
      const std::string path = "evax/" + name;
      return header == path || header.starts_with(path + "/");
    };
    if (other != room && std::ranges::none_of(allowed.at(room), covers))
      return room + " may not know " + header;
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
  EXPECT_NE(objection("nn", "evax/engine/model.h"), "");
  EXPECT_EQ(objection("nn", "evax/engine/kernels/kernels.h"), "");
  EXPECT_NE(objection("tasks", "ATen/ATen.h"), "");
  EXPECT_NE(objection("weights", "hwy/highway.h"), "");
  EXPECT_NE(objection("tasks", "apps/evax/verbs.h"), "");
  EXPECT_EQ(objection("tasks", "evax/engine/model.h"), "");
}

}  // namespace
