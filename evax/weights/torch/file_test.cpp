#include "evax/weights/torch/file.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/weights/testing.h"

namespace evax::weights::torch {
namespace {

using testing::expect_error;
using testing::fixture;

nlohmann::json expected_tensors() {
  std::ifstream file(fixture("weights/expected.json"));
  return nlohmann::json::parse(file);
}

/// Whether the bytes of a dense tensor hold these numbers, each exactly representable.
void expect_values(const Tensor& tensor, const nlohmann::json& expected, const std::string& name) {
  ASSERT_EQ(tensor.shape(), expected["shape"].get<Shape>()) << name;
  for (size_t i = 0; i < expected["values"].size(); ++i) {
    const auto at = [&]<typename T>(T) {
      T value;
      std::memcpy(&value, tensor.bytes().data() + i * sizeof value, sizeof value);
      return value;
    };
    const nlohmann::json& value = expected["values"][i];
    switch (tensor.dtype()) {
      case DType::f64: EXPECT_EQ(at(double{}), value.get<double>()) << name; break;
      case DType::i64: EXPECT_EQ(at(int64_t{}), value.get<int64_t>()) << name; break;
      default: EXPECT_EQ(double{tensor.to_f32().floats()[i]}, value.get<double>()) << name;
    }
  }
}

class TorchFile : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchFile, ReadsEveryTensorFormAsPyTorchDoes) {
  const File file = File::open(fixture(GetParam()));
  const auto& root = *file.root().get<Dict>();
  const auto& tensors = *find(root, "model")->get<Dict>();
  const nlohmann::json expected = expected_tensors();
  EXPECT_EQ(tensors.items.size(), expected.size());
  for (const auto& [key, value] : tensors.items) {
    const std::string name(key->get<Text>()->utf8);
    ASSERT_NE(value->tensor(), nullptr) << name;
    expect_values(file.tensor(*value->tensor()), expected[name], name);
  }
  EXPECT_EQ(file.dtype_of(*find(tensors, "bf16")->tensor()), DType::bf16);
  EXPECT_EQ(file.dtype_of(*find(tensors, "boolean")->tensor()), DType::boolean);
}

TEST_P(TorchFile, ReadsPlainPythonValues) {
  const File file = File::open(fixture(GetParam()));
  const auto& root = *file.root().get<Dict>();
  const auto& plain = *find(root, "plain")->get<Dict>();
  EXPECT_NE(find(plain, "none")->get<None>(), nullptr);
  EXPECT_EQ(*find(plain, "flags")->get<Sequence>()->items[1]->get<bool>(), false);
  const Items& integers = find(plain, "integers")->get<Sequence>()->items;
  const int64_t expected[] = {
      0, 255, 65536, -1, -2147483648LL, 1LL << 40, std::numeric_limits<int64_t>::min()};
  for (size_t i = 0; i < std::size(expected); ++i)
    EXPECT_EQ(*integers[i]->get<int64_t>(), expected[i]);
  EXPECT_EQ(integers[7]->get<BigInt>()->little_endian.size(), 9U);  // 2^70
  EXPECT_EQ(*find(plain, "real")->get<double>(), 0.5);
  EXPECT_EQ(find(plain, "text")->get<Text>()->utf8, "caf\xc3\xa9");
  EXPECT_EQ(find(plain, "raw")->get<Blob>()->bytes, std::string_view("\x00\xff", 2));
  EXPECT_EQ(find(plain, "array")->get<Blob>()->bytes, "\x01\x80");
  EXPECT_EQ(find(plain, "names")->get<Sequence>()->kind, Sequence::Kind::set);
  EXPECT_EQ(find(plain, "frozen")->get<Sequence>()->kind, Sequence::Kind::frozenset);
  EXPECT_EQ(find(plain, "size")->get<Sequence>()->items.size(), 2U);
  EXPECT_EQ(find(plain, "device")->get<Text>()->utf8, "cpu");
  EXPECT_EQ(find(plain, "dtype")->get<Global>()->name, "torch.float16");
  EXPECT_NE(find(*find(plain, "counts")->get<Dict>(), "x"), nullptr);
  const auto& scalar = **find(plain, "np_scalar")->get<std::shared_ptr<NumpyArray>>();
  EXPECT_EQ(scalar.dtype.code, "f8");
  EXPECT_EQ(scalar.bytes.size(), 8U);
  const auto& array = **find(plain, "np_array")->get<std::shared_ptr<NumpyArray>>();
  EXPECT_EQ(array.shape, (Shape{3}));
  EXPECT_EQ(array.bytes, std::string_view("\x00\x01\x02", 3));
  const Value* recursive = find(plain, "recursive");
  EXPECT_EQ(recursive->get<Sequence>()->items[0], recursive);
  const auto* args = find(root, "args")->get<Namespace>();
  EXPECT_EQ(*find(*args->attributes->get<Dict>(), "lr")->get<double>(), 0.001);
  EXPECT_EQ(find(root, "epoch")->get<Text>()->utf8, "best");
}

INSTANTIATE_TEST_SUITE_P(Containers, TorchFile,
                         ::testing::Values("weights/zip.pth", "weights/zip_protocol4.pth",
                                           "weights/legacy.pth", "weights/deflated.pth",
                                           "weights/zip64.pth"));

TEST(TorchFile, StoredTensorsAreWindowsIntoTheFile) {
  const auto mapped = MappedFile::open(fixture("weights/zip.pth"));
  const File file({mapped->bytes(), mapped}, "f");
  const auto& tensors = *find(*file.root().get<Dict>(), "model")->get<Dict>();
  const auto inside = [&](const Tensor& tensor) {
    return tensor.bytes().data() >= mapped->bytes().data() &&
           tensor.bytes().data() < mapped->bytes().data() + mapped->bytes().size();
  };
  EXPECT_TRUE(inside(file.tensor(*find(tensors, "f32")->tensor())));
  EXPECT_FALSE(inside(file.tensor(*find(tensors, "transposed")->tensor())));
}

TEST(TorchFile, ReadsTheCheckpointsOfOtherPrograms) {
  for (const char* name : {"seg/tiny_seg.pth", "mim/teacher_g14.pt", "mim/teacher_b16.pt",
                           "mim/teacher_mgca.ckpt", "mim/e2e_student.pth"}) {
    const std::string path = testing::shared_file("fixtures/" + std::string(name));
    if (path.empty()) GTEST_SKIP() << name << " is not in the repository";
    EXPECT_NE(File::open(path).root().get<Dict>(), nullptr) << name;
  }
}

TEST(TorchFile, RefusesTruncatedAndDamagedFiles) {
  const testing::TemporaryFolder folder;
  for (const char* name :
       {"weights/zip.pth", "weights/legacy.pth", "weights/deflated.pth", "weights/zip64.pth"}) {
    const auto whole = read_file(fixture(name), 1 << 20);
    for (size_t size = 1; size < whole.size(); size += 7) {
      const auto part = std::make_shared<std::vector<std::byte>>(
          whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      expect_error([&] { File({*part, part}, "f"); }, "f: ");
    }
  }
}

}  // namespace
}  // namespace evax::weights::torch
