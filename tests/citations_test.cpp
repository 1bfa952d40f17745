// Fails when a comment cites a section that docs/spec.md or docs/design.md does not have.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path root = EVAX_SOURCE_DIR;

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// "H 4" and "B.7.3" as "H.4" and "B.7.3".
std::string label(std::string citation) {
  for (char& c : citation)
    if (c == ' ') c = '.';
  return citation;
}

// What can be cited of the spec: "### A.6 State dict keys" is A.6, the third point below it A.6.3.
Names sections_of_spec() {
  static const std::regex heading(R"(#+ ([A-J](\.\d+)?( [a-z](?= ))?)[. ].*)");
  static const std::regex point(R"((\d+)\. .*)");
  Names sections;
  std::string section;
  std::smatch match;
  for (const std::string& line : lines_of(root / "docs/spec.md"))
    if (std::regex_match(line, match, heading))
      sections.insert(section = label(match[1]));
    else if (std::regex_match(line, match, point))
      sections.insert(section + "." + match[1].str());
  return sections;
}

// What can be cited of the design: "## 3. Contracts" is 3, "### Recipe" is Recipe.
Names sections_of_design() {
  static const std::regex heading(R"(#+ (\d+(?=\.)|.*).*)");
  Names sections;
  std::smatch match;
  for (const std::string& line : lines_of(root / "docs/design.md"))
    if (std::regex_match(line, match, heading)) sections.insert(match[1]);
  return sections;
}

// The file as one line, comment marks and line ends as single spaces.
std::string text_of(const fs::path& path) {
  static const std::regex mark(R"(^\s*(///?|#)?\s*)");
  std::string text;
  for (const std::string& line : lines_of(path)) text += std::regex_replace(line, mark, "") + ' ';
  return text;
}

// "spec A.1 to A.4, H 1": A.1, A.4 and H.1; "spec A.6 b and c": A.6.b and A.6.c.
std::vector<std::string> citations_of_spec(const std::string& text) {
  static const std::regex citation(
      R"(\b[Ss]pec ([A-J]\b([. ]\d+)*( [a-c]\b)?((, | and | to )([A-J]\b([. ]\d+)*|[a-c]\b))*))");
  static const std::regex part(R"([A-J]\b([. ]\d+)*( [a-c]\b)?|[a-c]\b)");
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), citation), end; it != end; ++it) {
    const std::string all = (*it)[1];
    for (std::sregex_iterator own(all.begin(), all.end(), part); own != end; ++own) {
      const std::string name = label(own->str());
      const bool short_form = name.size() == 1 && std::islower(name[0]) != 0;
      found.push_back(short_form ? found.back().substr(0, found.back().size() - 1) + name : name);
    }
  }
  return found;
}

// Whether the text behind "design.md" begins with a section's name or number.
bool names_a_section(const std::string& behind, const Names& sections) {
  static const std::regex lead(R"(^,? "?)");
  const std::string text = std::regex_replace(behind, lead, "");
  for (const std::string& section : sections)
    if (text.starts_with(section)) return true;
  return false;
}

// Where the text behind each "design.md" in the code begins.
std::vector<std::string> citations_of_design(const std::string& text) {
  static const std::string file = "design.md";
  constexpr size_t longest = 60;
  std::vector<std::string> found;
  for (size_t at = text.find(file); at != std::string::npos; at = text.find(file, at + 1))
    found.push_back(text.substr(at + file.size(), longest));
  return found;
}

std::vector<fs::path> sources() {
  static const Names kinds{".h", ".cpp", ".py", ".sh", ".txt", ".cmake", ".md"};
  std::vector<fs::path> paths;
  for (const char* folder : {"evax", "apps", "bench", "tools", "tests", "docs"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (kinds.contains(entry.path().extension()) &&
          entry.path().filename() != "citations_test.cpp" &&
          entry.path().string().find("/fixtures/") == std::string::npos)
        paths.push_back(entry.path());
  return paths;
}

TEST(Citations, OfTheSpecNameItsSections) {
  const Names sections = sections_of_spec();
  size_t seen = 0;
  for (const fs::path& path : sources())
    for (const std::string& citation : citations_of_spec(text_of(path))) {
      ++seen;
      EXPECT_TRUE(sections.contains(citation)) << path << " cites spec " << citation;
    }
  EXPECT_GT(seen, 150U);
}

TEST(Citations, OfTheDesignNameItsSections) {
  const Names sections = sections_of_design();
  size_t seen = 0;
  for (const fs::path& path : sources()) {
    if (path.extension() == ".md") continue;  // these link to it
    for (const std::string& behind : citations_of_design(text_of(path))) {
      ++seen;
      EXPECT_TRUE(names_a_section(behind, sections)) << path << " cites design.md" << behind;
    }
  }
  EXPECT_GT(seen, 10U);
}

TEST(Citations, TheRulesCatchWhatTheyForbid) {
  const Names spec = sections_of_spec();
  for (const char* section : {"A", "A.6", "A.6.c", "B.7.3", "E.1", "H.17"})
    EXPECT_TRUE(spec.contains(section)) << section;
  for (const char* section : {"A.9", "B.7.9", "E.2", "H.99", "K"})
    EXPECT_FALSE(spec.contains(section)) << section;
  using List = std::vector<std::string>;
  EXPECT_EQ(citations_of_spec("(spec A.1 to A.4, H 14), spec D.8.6."),
            (List{"A.1", "A.4", "H.14", "D.8.6"}));
  EXPECT_EQ(citations_of_spec("spec A.6 b and c; Spec C.5's"), (List{"A.6.b", "A.6.c", "C.5"}));
  EXPECT_EQ(citations_of_spec("a specification A.1; spec A, see below"), (List{"A"}));

  const Names design = sections_of_design();
  EXPECT_TRUE(names_a_section(" 3).", design));
  EXPECT_TRUE(names_a_section(", \"CSV lists\"", design));
  EXPECT_FALSE(names_a_section(" 9).", design));
  EXPECT_FALSE(names_a_section(", Shards).", design));
  EXPECT_EQ(citations_of_design("(design.md 3). design.md, Resume").size(), 2U);
}

}  // namespace
