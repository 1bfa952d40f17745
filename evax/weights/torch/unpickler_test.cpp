#include "evax/weights/torch/unpickler.h"

#include <limits>

#include "evax/weights/testing.h"

namespace evax::weights::torch {
namespace {

using namespace std::string_literals;
using testing::error_of;

const std::string proto = "\x80\x02"s;

/// Reads one pickle in which the persistent id ('storage', type, 'k', 'cpu', 4) is a storage of
/// four floats.
class Reader {
 public:
  const Value& load(const std::string& pickle) {
    pickle_ = pickle;
    const auto load_storage = [this](const Value& id) {
      if (id.get<Sequence>() == nullptr) throw Error("f: expected a storage");
      return arena_.make(StorageRef{storages_.declare("k", DType::f32, 4)});
    };
    return Unpickler(std::as_bytes(std::span(pickle_)), arena_, constructors_, load_storage).load();
  }

 private:
  std::string pickle_;
  Arena arena_{"f"};
  StorageTable storages_{"f"};
  Constructors constructors_{arena_, storages_};
};

std::string refusal(const std::string& pickle) {
  return error_of([&] { Reader().load(pickle); });
}

std::string repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string text(const std::string& value) {
  return "\x8c"s + static_cast<char>(value.size()) + value;
}

std::string integer(int64_t value) {
  std::string out = "\x8a\x08"s;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// torch._utils._rebuild_tensor_v2 of the storage of four floats.
std::string tensor(const std::string& offset, const std::string& shape,
                   const std::string& strides) {
  const std::string storage = "("s + text("storage") + "ctorch\nFloatStorage\n" + text("k") +
                              text("cpu") + integer(4) + "tQ";
  return proto + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + "(" + shape + "t(" +
         strides + "t\x89Nt"s + "R.";
}

struct Hostile {
  const char* name;
  std::string pickle;
  const char* sentence;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

class Refuses : public ::testing::TestWithParam<Hostile> {};

TEST_P(Refuses, WithASentence) {
  const std::string found = refusal(GetParam().pickle);
  EXPECT_NE(found.find(GetParam().sentence), std::string::npos) << "found: " << found;
}

std::string name_of_case(const ::testing::TestParamInfo<Hostile>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Calls, Refuses,
    ::testing::Values(
        Hostile{"reduce_system", proto + "cos\nsystem\n(X\x02\0\0\0lstR."s,
                "f: refuses to call os.system"},
        Hostile{"stack_global_eval", "\x80\x04"s + text("builtins") + text("eval") + "\x93.",
                "refuses to call builtins.eval"},
        Hostile{"getattr_chain", proto + "c__builtin__\ngetattr\n(cos\npath\nX\x04\0\0\0jointR."s,
                "refuses to call __builtin__.getattr"},
        Hostile{"dotted_name", proto + "ctorch\nload.__globals__\n.",
                "refuses to call torch.load.__globals__"},
        Hostile{"module_with_dots", proto + "ctorch._utils._rebuild_tensor\nv2\n.",
                "refuses to call"},
        Hostile{"storage_like_name", proto + "cposix\nFloatStorage\n.", "refuses to call posix"},
        Hostile{"reduce_of_data", proto + "ctorch\nfloat16\n)R.", "refuses to call torch.float16"},
        Hostile{"reduce_of_text", proto + text("os") + ")R.", "refuses to call a str"},
        Hostile{"reduce_of_storage", proto + "ctorch\nFloatStorage\n)R.",
                "refuses to call torch.FloatStorage"},
        Hostile{"reduce_without_tuple", proto + "ccollections\nOrderedDict\n]R.",
                "refuses to call collections.OrderedDict with a list"},
        Hostile{"newobj_of_function", proto + "ctorch._utils\n_rebuild_tensor_v2\n)\x81.",
                "refuses to create"},
        Hostile{"newobj_with_arguments", proto + "cargparse\nNamespace\n(K\x01t\x81.",
                "refuses to create argparse.Namespace"},
        Hostile{"build_on_list", proto + "]}b.", "refuses to set the state of a list"},
        Hostile{"build_on_global", proto + "ctorch\nfloat16\n}b.", "refuses to set the state"},
        Hostile{"build_with_slots", proto + "cargparse\nNamespace\n)\x81(}}tb.",
                "refuses to set the state of an argparse.Namespace"},
        Hostile{"inst", proto + "(X\x02\0\0\0lsios\nsystem\n."s, "refuses the pickle opcode 0x69"},
        Hostile{"obj", proto + "(cargparse\nNamespace\no.", "refuses the pickle opcode 0x6f"},
        Hostile{"newobj_ex", proto + "cargparse\nNamespace\n)}\x92.", "opcode 0x92"},
        Hostile{"extension", proto + "\x82\x01.", "opcode 0x82"},
        Hostile{"out_of_band_buffer", "\x80\x05\x97.", "opcode 0x97"},
        Hostile{"text_persid", proto + "Pstorage\n.", "opcode 0x50"},
        Hostile{"persid_of_another_kind", proto + text("module") + "Q.", "expected a storage"},
        Hostile{"stack_global_of_numbers", "\x80\x04K\x01K\x02\x93.", "not a name"},
        Hostile{"default_factory_call", proto + "ccollections\ndefaultdict\n(]tR.",
                "unknown arguments"},
        Hostile{"encode_with_codec",
                proto + "c_codecs\nencode\n(" + text("a") + text("zlib") + "tR.",
                "_codecs.encode with unknown arguments"},
        Hostile{"object_array",
                proto + "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01"s +
                    "btR(K\x01(K\x01tcnumpy\ndtype\n(" + text("O8") + "tR\x89]tb.",
                "numpy.ndarray with unknown arguments"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Machine, Refuses,
    ::testing::Values(
        Hostile{"empty", "", "ends at byte 0"}, Hostile{"no_stop", proto + "N", "too early"},
        Hostile{"stop_on_nothing", proto + ".", "empty stack"},
        Hostile{"protocol_9", "\x80\x09N.", "expected pickle protocol 2 to 5, found 9"},
        Hostile{"protocol_0", "I1\n.", "opcode 0x49"},
        Hostile{"name_without_end", proto + "cos", "ends inside a name"},
        Hostile{"text_past_the_end", proto + "X\xff\xff\xff\x7f.", "too early"},
        Hostile{"text8_past_the_end", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "too early"},
        Hostile{"bytes8_past_the_end", "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
                "too early"},
        Hostile{"negative_long4", proto + "\x8b\xff\xff\xff\xff.", "an integer of -1 bytes"},
        Hostile{"huge_long", proto + "\x8b\x88\x13\0\0"s + std::string(5000, 'x') + ".",
                "an integer of 5000 bytes"},
        Hostile{"memo_bomb", proto + "Nr\xff\xff\xff\xff.", "remembers more than"},
        Hostile{"unknown_memo", proto + "h\x07.", "never remembered"},
        Hostile{"hole_in_memo", proto + "Nq\x09h\x08.", "never remembered"},
        Hostile{"put_on_nothing", proto + "q\x01.", "empty stack"},
        Hostile{"pop_below_mark", proto + "N(\x86.", "empty stack"},
        Hostile{"mark_missing", proto + "Nt.", "never began"},
        Hostile{"append_to_dict", proto + "}Na.", "appends to a dict"},
        Hostile{"append_to_tuple", proto + ")Na.", "appends to a tuple"},
        Hostile{"items_of_list", proto + "]NNs.", "sets items of a list"},
        Hostile{"odd_items", proto + "}(Nu.", "sets items of a dict"},
        Hostile{"list_as_key", proto + "}]Ns.", "a list as a key"},
        Hostile{"deep_marks", proto + std::string(5000, '('), "more than 1000 deep"},
        Hostile{"deep_lists", proto + std::string(5000, ']') + std::string(4999, 'a') + ".",
                "more than 1000 deep"},
        Hostile{"deep_tuples", proto + ")" + repeat("\x85", 5000) + ".", "more than 1000 deep"},
        Hostile{"frame_past_the_end", "\x80\x04\x95\xff\0\0\0\0\0\0\0N."s, "frame of 255 bytes"},
        Hostile{"frame_in_frame", "\x80\x04\x95\x0b\0\0\0\0\0\0\0\x95\0\0\0\0\0\0\0\0N."s,
                "frame inside a frame"},
        Hostile{"text_past_its_frame", "\x80\x04\x95\x03\0\0\0\0\0\0\0\x8c\x02yy."s,
                "past its frame"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Tensors, Refuses,
    ::testing::Values(
        Hostile{"too_large", tensor("K\0"s, "K\x05", "K\x01"), "leaves its storage of 4 elements"},
        Hostile{"offset_past_the_end", tensor("K\x04", "K\x01", "K\x01"), "leaves its storage"},
        Hostile{"empty_before_the_start",
                tensor(integer(std::numeric_limits<int64_t>::min()), "K\0"s, "K\x01"),
                "leaves its storage"},
        Hostile{"empty_past_the_end", tensor("K\x05", "K\0"s, "K\x01"), "leaves its storage"},
        Hostile{"negative_offset", tensor(integer(-1), "K\x02", "K\x01"), "leaves its storage"},
        Hostile{"negative_size", tensor("K\0"s, integer(-1), "K\x01"), "unknown arguments"},
        Hostile{"negative_stride", tensor("K\x03", "K\x02", integer(-1)), "unknown arguments"},
        Hostile{"overflowing_stride", tensor("K\0"s, "K\x03", integer(1LL << 62)),
                "leaves its storage"},
        Hostile{"overflowing_sum",
                tensor(integer((1LL << 62)), "K\x02K\x02", integer(1LL << 62) + integer(1LL << 62)),
                "leaves its storage"},
        Hostile{"ranks_differ", tensor("K\0"s, "K\x01", ""), "unknown arguments"},
        Hostile{"text_as_size", tensor("K\0"s, text("4"), "K\x01"), "unknown arguments"},
        Hostile{"many_dimensions", tensor("K\0"s, repeat("K\x01", 65), repeat("K\x01", 65)),
                "unknown arguments"},
        Hostile{"no_storage", proto + "ctorch._utils\n_rebuild_tensor_v2\n(NK\0(t(ttR."s,
                "unknown arguments"}),
    name_of_case);

TEST(Unpickler, BoundsTheMemoryOfRepeatedCopies) {
  // A list of 65,536 items, copied into a new set 1,000 times by 6 bytes each.
  const std::string list = proto + "](" + std::string(65536, 'N') + "eq\x01" + "0";
  const std::string copy = "c__builtin__\nset\n(h\x01tR0";
  EXPECT_NE(refusal(list + repeat(copy, 1000) + "N.").find("more than 256 MB"), std::string::npos);
}

TEST(Unpickler, BoundsTheNumberOfValues) {
  EXPECT_NE(refusal(proto + repeat("}0", 8 << 20) + "N.").find("more than 256 MB"),
            std::string::npos);
}

TEST(Unpickler, HoldsCyclesWithoutLeakingOrRecursing) {
  Reader reader;
  const Value& list = reader.load(proto + "]q\x01h\x01" + "ah\x01" + "a.");
  EXPECT_EQ(list.get<Sequence>()->items[0], &list);
  Reader other;
  const Value& dict = other.load(proto + "}q\x01" + text("self") + "h\x01s.");
  EXPECT_EQ(find(*dict.get<Dict>(), "self"), &dict);
}

TEST(Unpickler, TheLastOfEqualKeysCounts) {
  Reader reader;
  const Value& dict = reader.load(proto + "}(" + text("a") + "K\x01" + text("a") + "K\x02u.");
  EXPECT_EQ(*find(*dict.get<Dict>(), "a")->get<int64_t>(), 2);
}

TEST(Unpickler, ReadsIntegersOfEverySize) {
  const std::pair<std::string, int64_t> cases[] = {
      {"\x8a\0"s, 0},        {"\x8a\x01\xff"s, -1},         {"\x8a\x02\0\x80"s, -32768},
      {"\x8a\x01\x7f", 127}, {"\x8b\x01\0\0\0\x80"s, -128}, {"J\xff\xff\xff\xff", -1}};
  for (const auto& [bytes, expected] : cases) {
    Reader reader;
    EXPECT_EQ(*reader.load(proto + bytes + ".").get<int64_t>(), expected);
  }
}

TEST(Unpickler, ReadsPythonTwosOrderedDict) {
  Reader reader;
  const Value& dict =
      reader.load(proto + "ccollections\nOrderedDict\n(](](" + text("a") + "K\x01" + "eetR.");
  EXPECT_EQ(*find(*dict.get<Dict>(), "a")->get<int64_t>(), 1);
}

}  // namespace
}  // namespace evax::weights::torch
