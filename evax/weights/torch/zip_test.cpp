#include "evax/weights/torch/zip.h"

#include <cstring>
#include <functional>

#include "evax/weights/testing.h"
#include "evax/weights/torch/file.h"

namespace evax::weights::torch {
namespace {

using testing::error_of;
using testing::expect_error;
using testing::fixture;

std::string bytes_of_file(const std::string& path) {
  const auto bytes = read_file(path, 1 << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes in_memory(const std::string& bytes) {
  const auto owner = std::make_shared<std::string>(bytes);
  return {std::as_bytes(std::span(*owner)), owner};
}

std::string archive(const std::vector<std::pair<std::string, std::string>>& entries) {
  const testing::TemporaryFolder folder;
  ZipWriter writer(folder.file("a.zip"));
  for (const auto& [name, content] : entries) writer.add(name, {std::as_bytes(std::span(content))});
  writer.commit();
  return bytes_of_file(folder.file("a.zip"));
}

/// Changes a number in the directory record of the `index`-th entry.
template <typename T>
std::string with(std::string zip, size_t index, size_t offset, T value) {
  size_t at = 0;
  for (size_t i = 0; i <= index; ++i) at = zip.find("PK\x01\x02", at + 1);
  std::memcpy(zip.data() + at + offset, &value, sizeof value);
  return zip;
}
constexpr size_t at_flags = 8, at_method = 10, at_crc = 16, at_packed_size = 20, at_size = 24,
                 at_header = 42;

void read_all(const std::string& bytes) {
  Zip zip(in_memory(bytes), "f");
  for (const auto& entry : zip.entries()) zip.read(entry.first);
}

TEST(Zip, WritesAndReadsAlignedEntries) {
  const std::string bytes = archive({{"a", "one"}, {"folder/b", ""}});
  EXPECT_EQ(bytes, archive({{"a", "one"}, {"folder/b", ""}}));
  Zip zip(in_memory(bytes), "f");
  const Bytes a = zip.read("a");
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(a.view.data()), 3), "one");
  EXPECT_EQ(bytes.find("one") % 64, 0U);
  EXPECT_TRUE(zip.read("folder/b").view.empty());
  expect_error([&] { zip.read("c"); }, "no entry 'c'");
}

struct Broken {
  const char* name;
  std::function<std::string()> make;
  const char* sentence;
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class ZipRefuses : public ::testing::TestWithParam<Broken> {};

TEST_P(ZipRefuses, WithASentence) {
  const std::string found = error_of([&] { read_all(GetParam().make()); });
  EXPECT_NE(found.find(GetParam().sentence), std::string::npos) << "found: " << found;
}

std::string two() { return archive({{"a", "one"}, {"b", "two"}}); }
std::string deflated() { return bytes_of_file(fixture("weights/deflated.pth")); }

INSTANTIATE_TEST_SUITE_P(
    Archives, ZipRefuses,
    ::testing::Values(
        Broken{"duplicate",
               [] {
                 return archive({{"a", "1"}, {"a", "2"}});
               },
               "'a' is there twice"},
        Broken{"encrypted", [] { return with<uint16_t>(two(), 0, at_flags, 1); }, "is encrypted"},
        Broken{"method", [] { return with<uint16_t>(two(), 0, at_method, 14); }, "found method 14"},
        Broken{"crc", [] { return with<uint32_t>(two(), 1, at_crc, 0); }, "'b' is damaged"},
        Broken{"sizes_differ", [] { return with<uint32_t>(two(), 1, at_size, 1000); },
               "claims 1000 bytes and 3 packed ones"},
        Broken{"past_the_end",
               [] {
                 return with<uint32_t>(with<uint32_t>(two(), 1, at_size, 1U << 30), 1,
                                       at_packed_size, 1U << 30);
               },
               "does not fit the file"},
        Broken{"header_past_the_end",
               [] { return with<uint32_t>(two(), 1, at_header, 0xFFFFFFF0U); },
               "has no local header"},
        Broken{"header_of_another", [] { return with<uint32_t>(two(), 1, at_header, 0); },
               "called otherwise"},
        Broken{"zip64_without_field", [] { return with<uint32_t>(two(), 1, at_header, ~0U); },
               "has no local header"},
        Broken{"bomb", [] { return with<uint32_t>(deflated(), 0, at_size, 500U << 20); },
               "claims 524288000 bytes"},
        Broken{"inflates_short", [] { return with<uint32_t>(deflated(), 0, at_size, 8000); },
               "does not inflate"},
        Broken{"inflates_long", [] { return with<uint32_t>(deflated(), 0, at_size, 8); },
               "does not inflate"},
        Broken{"no_end", [] { return two().substr(0, 100); }, "no end record"},
        Broken{"too_many_entries",
               [] {
                 std::string zip = two();
                 zip[zip.size() - 22 + 10] = 9;
                 return zip;
               },
               "expected 9 entries"},
        Broken{"directory_outside",
               [] {
                 std::string zip = two();
                 zip[zip.size() - 22 + 19] = 1;
                 return zip;
               },
               "lies outside the file"}),
    [](const auto& broken) { return broken.param.name; });

/// The pickle of one storage of four bytes with a key.
std::string storage_pickle(const std::string& key) {
  using namespace std::string_literals;
  const auto text = [](const std::string& value) {
    return "X"s + static_cast<char>(value.size()) + "\0\0\0"s + value;
  };
  return "\x80\x02("s + text("storage") + "ctorch\nByteStorage\n" + text(key) + text("cpu") +
         "K\x04tQ.";
}

std::string checkpoint_error(const std::vector<std::pair<std::string, std::string>>& entries) {
  return error_of([&] { File(in_memory(archive(entries)), "f"); });
}

TEST(TorchZip, RefusesWhatIsNoCheckpoint) {
  const std::string none = "\x80\x02N.";
  EXPECT_EQ(checkpoint_error({{"x/data.pkl", none}}), "no error");
  EXPECT_NE(checkpoint_error({{"x/data", none}}).find("a zip archive with 0 data.pkl in it"),
            std::string::npos);
  EXPECT_NE(checkpoint_error({{"x/data.pkl", none}, {"y/data.pkl", none}}).find("with 2 data.pkl"),
            std::string::npos);
  EXPECT_NE(checkpoint_error({{"x/data.pkl", none}, {"x/byteorder", "big"}}).find("found 'big'"),
            std::string::npos);
}

TEST(TorchZip, ComparesStoragesWithTheirEntriesBeforeTakingMemory) {
  const std::string pickle = storage_pickle("KEY");
  EXPECT_EQ(checkpoint_error({{"x/data.pkl", pickle}, {"x/data/KEY", "four"}}), "no error");
  EXPECT_NE(checkpoint_error({{"x/data.pkl", pickle}}).find("no storage 'KEY'"), std::string::npos);
  EXPECT_NE(checkpoint_error({{"x/data.pkl", pickle}, {"x/data/KEY", "fiver"}})
                .find("needs 4 bytes, found 5"),
            std::string::npos);
}

TEST(TorchZip, NamesThatLeaveAFolderAreOnlyKeys) {
  const std::string pickle = storage_pickle("../../../../");
  EXPECT_NE(checkpoint_error({{"x/data.pkl", pickle}}).find("no storage '../../../../'"),
            std::string::npos);
  EXPECT_EQ(checkpoint_error({{"x/data.pkl", pickle}, {"x/data/../../../../", "four"}}),
            "no error");
}

}  // namespace
}  // namespace evax::weights::torch
