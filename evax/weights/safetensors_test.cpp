#include "evax/weights/safetensors.h"

#include <cstring>
#include <limits>

#include "evax/core/file.h"
#include "evax/weights/check.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::error_of;
using testing::expect_error;
using testing::fixture;

std::string file_of(const std::string& json, size_t data_size) {
  const uint64_t length = json.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + json + std::string(data_size, '\1');
}

Safetensors parse(const std::string& bytes) {
  const auto owner = std::make_shared<std::string>(bytes);
  return {std::as_bytes(std::span(*owner)), owner, "f"};
}

std::string refusal(const std::string& json, size_t data_size) {
  return error_of([&] { parse(file_of(json, data_size)); });
}

TEST(Safetensors, ReadsWhatPythonWrote) {
  const Safetensors file = Safetensors::open(fixture("weights/timm_f16.safetensors"));
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.entries().at("head.weight").dtype, "F16");
  EXPECT_EQ(file.tensor("head.weight").shape(), (Shape{3, 64}));
  EXPECT_EQ(file.tensors().size(), 21U);
}

TEST(Safetensors, ReadsTheSmallestFiles) {
  EXPECT_TRUE(parse(file_of("{}", 0)).entries().empty());
  EXPECT_TRUE(parse(file_of("{}    ", 0)).entries().empty());
  const Safetensors scalar =
      parse(file_of(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                    R"("e":{"dtype":"I64","shape":[0,9],"data_offsets":[4,4]}})",
                    4));
  EXPECT_EQ(scalar.tensor("s").elements(), 1);
  EXPECT_EQ(scalar.tensor("e").elements(), 0);
}

// As the reference (safetensors 0.8.0: "trailing characters"): spaces pad a header, nothing else.
TEST(Safetensors, AHeaderIsNotPaddedWithZeroBytes) {
  for (const size_t zeros : {1, 6, 1000}) {
    const std::string found = error_of([&] { parse(file_of("{}" + std::string(zeros, '\0'), 0)); });
    EXPECT_EQ(found, "f: the safetensors header is not valid JSON at byte 2: a zero byte");
  }
  EXPECT_NO_THROW(parse(file_of("{}\n\t \r", 0)));
}

TEST(Safetensors, DescribesDtypesThatItDoesNotCompute) {
  const Safetensors file =
      parse(file_of(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},)"
                    R"("b":{"dtype":"F4","shape":[4],"data_offsets":[2,4]}})",
                    4));
  EXPECT_EQ(file.entries().at("a").dtype, "F8_E4M3");
  expect_error([&] { file.tensor("a"); }, "dtype F8_E4M3");
}

struct Refused {
  const char* json;
  size_t data_size;
  const char* sentence;
};

class SafetensorsRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(SafetensorsRefuses, WithASentence) {
  const auto& [json, data_size, sentence] = GetParam();
  const std::string found = refusal(json, data_size);
  EXPECT_NE(found.find(sentence), std::string::npos) << found;
}

INSTANTIATE_TEST_SUITE_P(
    Headers, SafetensorsRefuses,
    ::testing::Values(
        Refused{"", 0, "expected a safetensors file"},
        Refused{"[]", 0, "expected a safetensors file"},
        Refused{" {}", 0, "expected a safetensors file"},
        Refused{"\xef\xbb\xbf{}", 0, "expected a safetensors file"},
        Refused{"{", 0, "not valid JSON"}, Refused{"{}x", 0, "not valid JSON"},
        Refused{"{\"\xff\":1}", 0, "not valid JSON"},
        Refused{R"({"a":1})", 0, "a tensor to be an object"},
        Refused{R"({"a":[[[]]]})", 0, "a tensor to be an object"},
        Refused{R"({"a":{}})", 0, "needs dtype, shape and data_offsets"},
        Refused{R"({"a":{"dtype":"F32","shape":[1]}})", 4, "needs dtype, shape and data_offsets"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4,
                "unknown field 'x'"},
        Refused{R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4,
                "unknown dtype 'F99'"},
        Refused{R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", 4, "dtype to be a text"},
        Refused{R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "whole numbers"},
        Refused{R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "whole numbers"},
        Refused{R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "whole numbers"},
        Refused{R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "whole numbers"},
        Refused{R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", 4,
                "has the dimension"},
        Refused{R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4,
                "impossible shape"},
        Refused{R"({"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}})", 1, "impossible shape"},
        Refused{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
                "needs 8 bytes, found 4"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "before it begins"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4,
                "two data_offsets, found 3"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "a hole"},
        Refused{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                6, "an overlap"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3,
                "expected 4 bytes of data, found 3"},
        Refused{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5,
                "expected 4 bytes of data, found 5"},
        Refused{R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                0, "'a' is declared twice"},
        Refused{R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0,
                "declares dtype twice"},
        Refused{R"({"__metadata__":{"x":"1","x":"2"}})", 0, "'x' is declared twice"},
        Refused{R"({"__metadata__":{"x":1}})", 0, "contain only strings"},
        Refused{R"({"__metadata__":[]})", 0, "__metadata__ to be an object"}));

TEST(Safetensors, RefusesHeadersOutsideTheFile) {
  expect_error([] { parse("1234567"); }, "expected a safetensors file, found text");
  std::string bytes = file_of("{}", 0);
  bytes[0] = 3;
  expect_error([&] { parse(bytes); }, "header of 3 bytes, found 2");
  bytes[7] = 1;
  expect_error([&] { parse(bytes); }, "at most 100000000 bytes");
}

TEST(Safetensors, RefusesAnArrayBombWithoutTakingMemoryForIt) {
  std::string shape = "1";
  for (int i = 0; i < 1000; ++i) shape += ",1";
  const std::string json =
      R"({"a":{"dtype":"U8","shape":[)" + shape + R"(],"data_offsets":[0,1]}})";
  EXPECT_NE(refusal(json, 1).find("more than 64 dimensions"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":" + std::string(100000, '['), 0).find("expected"), std::string::npos);
}

TEST(Safetensors, WritesSortedAlignedAndEqualBytes) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.file("x.safetensors");
  Tensor half(DType::f16, {3});
  Tensor wide(DType::f64, {1});
  const TensorMap tensors{
      {"a", half}, {"b", Tensor::from_floats({2}, std::vector{1.F, 2.F})}, {"c", wide}};
  save_safetensors(path, tensors, {{"k", "v"}});
  const Safetensors read = Safetensors::open(path);
  EXPECT_EQ(read.metadata().at("k"), "v");
  EXPECT_EQ(read.tensor("b").floats()[1], 2.0F);  // throws when it is not aligned
  const auto* start = read.entries().at("c").bytes.data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(start) % 8, 0U);
  const auto first = read_file(path, 1 << 20);
  save_safetensors(path, tensors, {{"k", "v"}});
  EXPECT_EQ(first, read_file(path, 1 << 20));
}

TEST(HasNonFinite, FindsInfinitiesAndNaNsInEveryDtype) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::f64})
    for (const float value :
         {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
          std::numeric_limits<float>::quiet_NaN()}) {
      const Tensor tensor = Tensor::from_floats({3}, std::vector{1.0F, -65504.0F, 0.0F});
      EXPECT_FALSE(has_non_finite(tensor.to(dtype)));
      const Tensor broken = Tensor::from_floats({3}, std::vector{1.0F, 2.0F, value});
      EXPECT_TRUE(has_non_finite(broken.to(dtype))) << name_of(dtype) << value;
    }
}

}  // namespace
}  // namespace evax::weights
