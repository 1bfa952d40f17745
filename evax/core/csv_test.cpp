#include "evax/core/csv.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <span>

#include "evax/core/error.h"
#include "evax/core/file_kind.h"
#include "evax/core/text.h"

namespace evax {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text) {
  CsvReader reader(text, "list.csv");
  Rows rows;
  std::vector<std::string> fields;
  while (reader.next(fields)) rows.push_back(fields);
  return rows;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A file of the test's own, removed afterwards.
class File {
 public:
  explicit File(const std::string& bytes) { std::ofstream(path(), std::ios::binary) << bytes; }
  ~File() { std::filesystem::remove(path()); }
  std::string path() const {
    return testing::TempDir() + "evax_csv_" + std::to_string(::getpid()) + ".csv";
  }
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// The examples of RFC 4180, section 2.
TEST(Csv, ReadsTheStandardsExamples) {
  EXPECT_EQ(rows_of("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows_of("aaa,bbb,ccc\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows_of("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows_of("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "b\r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows_of("\"aaa\",\"b\"\"bb\",\"ccc\""), (Rows{{"aaa", "b\"bb", "ccc"}}));
}

TEST(Csv, ReadsEmptyFieldsBlankLinesAndShorterRecords) {
  EXPECT_EQ(rows_of(""), Rows{});
  EXPECT_EQ(rows_of("\n\r\n"), Rows{});
  EXPECT_EQ(rows_of("a,,\n\n,\n\"\""), (Rows{{"a", "", ""}, {"", ""}, {""}}));
  EXPECT_EQ(rows_of("a,b,c\nd\r"), (Rows{{"a", "b", "c"}, {"d"}}));
}

// As Python's universal newlines.
TEST(Csv, ReadsEveryKindOfLineBreak) {
  const Rows rows{{"a", "b"}, {"1", "2"}, {"3", "4"}};
  EXPECT_EQ(rows_of("a,b\r1,2\r3,4"), rows);
  EXPECT_EQ(rows_of("a,b\r1,2\r3,4\r\n"), rows);
  EXPECT_EQ(rows_of("a,b\n1,2\r\r\n3,4\n"), rows);
  EXPECT_EQ(rows_of("\"a\rb\"\r\"c\"\r"), (Rows{{"a\rb"}, {"c"}}));
  EXPECT_EQ(error_of([] { rows_of("a\r\"b\r\nb\rb\nb\"\r\r\"c"); }),
            "list.csv line 7: expected a closing quote, found the end of the file");
}

TEST(Csv, WhatItQuotesItReads) {
  const std::vector<std::string> fields{"plain", "a,b", "say \"x\"", "two\nlines", ""};
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + csv_field(field);
  EXPECT_EQ(rows_of(line), Rows{fields});
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
}

TEST(Csv, ErrorsNameTheLine) {
  EXPECT_EQ(error_of([] { rows_of("a\nb\n\"c\nd"); }),
            "list.csv line 3: expected a closing quote, found the end of the file");
  EXPECT_EQ(error_of([] { rows_of("\"a\nb\"\n\"c\"d"); }),
            "list.csv line 3: expected a comma or the line's end after a quoted field, found 'd'");
  EXPECT_NE(error_of([] { rows_of(std::string(20'000, ',')); }).find("10000 fields"),
            std::string::npos);
}

TEST(Csv, TableFindsColumnsAndGoesBackToItsStart) {
  const File file("\xEF\xBB\xBFpath, view \na.png,PA\nb.png,AP\n");
  CsvTable table(file.path());
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"path", "view"}));
  EXPECT_EQ(table.column("view"), 1U);
  EXPECT_EQ(table.find("age"), std::nullopt);
  EXPECT_EQ(error_of([&] { table.column("age"); }),
            file.path() + ": expected a column 'age', found path, view");
  for (int pass = 0; pass < 2; ++pass, table.rewind()) {
    ASSERT_TRUE(table.next());
    EXPECT_EQ(table[0], "a.png");
    ASSERT_TRUE(table.next());
    EXPECT_EQ(table[1], "AP");
    EXPECT_EQ(table.line(), 3U);
    EXPECT_FALSE(table.next());
  }
}

TEST(Csv, TablePassesOverBlankRows) {
  const File file("path,view\na.png,PA\n,,\n , \nb.png,\n,\n");
  CsvTable table(file.path());
  ASSERT_TRUE(table.next());
  ASSERT_TRUE(table.next());
  EXPECT_EQ(table[0], "b.png");
  EXPECT_EQ(table.line(), 5U);
  EXPECT_FALSE(table.next());
}

TEST(Csv, TableNamesOtherMarksBetweenColumns) {
  for (const auto& [text, name] :
       {std::pair("path;A;B\na.png;1;0\n", "semicolons"), {"path\tA\na.png\t1\n", "tabs"}}) {
    const File file(text);
    EXPECT_EQ(error_of([&] { CsvTable{file.path()}; }),
              file.path() + ": expected commas between the columns, found " + name);
  }
}

TEST(Csv, TableRefusesARowOfAnotherLength) {
  const File file("path,view\na.png\n");
  CsvTable table(file.path());
  EXPECT_EQ(error_of([&] { table.next(); }),
            file.path() + " line 2: expected 2 fields as in the first line, found 1");
}

// As the NIH publishes them: BBox_List_2017 and Data_Entry_2017.
TEST(Csv, TableLeavesOutColumnsWithoutAName) {
  const File boxes("Image Index,Bbox [x,y,,,\na.png,1,2\n");
  CsvTable first(boxes.path());
  EXPECT_EQ(first.columns(), (std::vector<std::string>{"Image Index", "Bbox [x", "y"}));
  ASSERT_TRUE(first.next());
  EXPECT_EQ(first.number(1), 1U);
  EXPECT_EQ(error_of([&] { first.number(0); }),
            boxes.path() + " line 2: expected a number in column 'Image Index', found 'a.png'");

  const File entries("Image Index,Spacing[x,y],\na.png,0.1,0.2,\nb.png,0.1,0.2,0.3\n");
  CsvTable second(entries.path());
  ASSERT_TRUE(second.next());
  EXPECT_EQ(second[2], "0.2");
  EXPECT_EQ(error_of([&] { second.next(); }),
            entries.path() + " line 3: expected 3 fields as in the first line, found 4");
}

TEST(Text, UnpacksGzipAlsoInSeveralMembers) {
  const std::string first(100'000, 'x');
  EXPECT_EQ(read_text(File(gzip(first) + gzip("second")).path()), first + "second");
}

TEST(Text, RefusesDamagedAndOversizedGzip) {
  const std::string packed = gzip(std::string(1 << 20, '\0'));
  EXPECT_LT(packed.size(), 2000U);
  const File whole(packed);
  EXPECT_NE(error_of([&] { read_text(whole.path(), 10'000); }).find("at most 10000 bytes"),
            std::string::npos);
  const File cut(packed.substr(0, packed.size() / 2));
  EXPECT_NE(error_of([&] { read_text(cut.path()); }).find("whole gzip file"), std::string::npos);
  EXPECT_NE(error_of([] { read_text("/nowhere/list.csv"); }).find("/nowhere/list.csv"),
            std::string::npos);
}

TEST(Text, SaysWhatAFileIsThatIsNoText) {
  const std::string safetensors("\x40\0\0\0\0\0\0\0{\"a\":{}}", 16);
  const std::vector<std::pair<std::string, std::string>> files{
      {"\xFF\xFE" + std::string("a\0,\0", 4), "UTF-16 text (save it as UTF-8)"},
      {"\xFE\xFF" + std::string("\0a\0,", 4), "UTF-16 text (save it as UTF-8)"},
      {std::string("a\0,\0b\0", 6), "UTF-16 text (save it as UTF-8)"},
      {std::string("\0a\0,\0b", 6), "UTF-16 text (save it as UTF-8)"},
      {"PK\x03\x04",
       "a ZIP archive, as Excel workbooks (save them as CSV) and PyTorch checkpoints are"},
      {"\xD0\xCF\x11\xE0\xA1\xB1", "an Excel or Word file (save the sheet as CSV)"},
      {"\x89PNG\r\n\x1a\n", "a PNG image"},
      {"\xFF\xD8\xFF\xE0", "a JPEG image"},
      {std::string(128, '\0') + "DICM", "a DICOM file"},
      {safetensors, "a safetensors file"},
      {std::string("ab\0\0", 4), "binary data"},
  };
  for (const auto& [bytes, kind] : files) {
    EXPECT_EQ(kind_of_file(std::as_bytes(std::span(bytes))).name, kind);
    const File file(bytes);
    EXPECT_EQ(error_of([&] { read_text(file.path()); }),
              file.path() + ": expected text in UTF-8, found " + kind);
  }
  for (const char* text : {"", "a", "path,A\n", "\xEF\xBB\xBFpath", "\xC3\xA9,1", "\xE9,1"})
    EXPECT_TRUE(kind_of_file(std::as_bytes(std::span(std::string_view(text)))).text) << text;
}

// Every default na_value of pandas 2.2 (pandas._libs.parsers.STR_NA_VALUES), and the dash.
TEST(Text, KnowsTheSpellingsOfAMissingValue) {
  for (const char* missing :
       {"",     " ",      "#N/A",    "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN",
        "-nan", "1.#IND", "1.#QNAN", "<NA>",     "N/A", "NA",      "NULL",     "NaN",
        "None", "n/a",    "nan",     "null",     "-",   " NAN ",   "none",     "n/A"})
    EXPECT_EQ(field_value(missing), "") << missing;
  for (const char* value : {"0", "-1", "no", "nano", "nan1", "--", "N", "NA1", "Nodule"})
    EXPECT_EQ(field_value(value), value);
  EXPECT_EQ(field_value("  a b\t"), "a b");
}

TEST(Text, LinesAreNumberedAndBlankOnesSkipped) {
  std::vector<std::pair<std::string, size_t>> lines;
  for_each_line("one\r\n\n  three \nfour",
                [&](std::string_view line, size_t number) { lines.emplace_back(line, number); });
  EXPECT_EQ(lines,
            (std::vector<std::pair<std::string, size_t>>{{"one", 1}, {"three", 3}, {"four", 4}}));
  lines.clear();
  for_each_line("one\r\rthree\r\nfour\r",
                [&](std::string_view line, size_t number) { lines.emplace_back(line, number); });
  EXPECT_EQ(lines,
            (std::vector<std::pair<std::string, size_t>>{{"one", 1}, {"three", 3}, {"four", 4}}));
}

}  // namespace
}  // namespace evax
