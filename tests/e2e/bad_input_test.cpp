// What bad input gets: one sentence with the path, exit code 1 or 3, nothing half-written, no hang,
// never more than 1 GB of memory.

#include <cmath>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string model = source_file("demo/pneumonia.safetensors");

std::string any_xray(const std::string& extension) {
  for (const auto& entry : fs::directory_iterator(source_file("demo/xrays")))
    if (entry.path().extension() == extension) return entry.path();
  throw std::runtime_error("no demo X-ray with extension " + extension);
}

std::string big_endian(uint32_t value) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
  return bytes;
}

// A PNG header of that size and nothing else; the CRC is right.
std::string png_header(uint32_t width, uint32_t height) {
  const std::string body =
      "IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\x00\x00\x00\x00", 5);
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : body) {
    crc ^= static_cast<unsigned char>(c);
    for (int k = 0; k < 8; ++k) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return "\x89PNG\r\n\x1a\n" + big_endian(13) + body + big_endian(~crc);
}

// Refused with one printable line that names the path; nothing appears beside it.
void expect_refusal(const Process& run, const std::string& path, int exit_code = 1) {
  EXPECT_EQ(run.exit_code, exit_code) << path << "\n" << run.err;
  const std::string name = fs::path(path).filename();
  EXPECT_NE(run.err.find(name), std::string::npos) << path << "\n" << run.err;
  EXPECT_TRUE(run.err.starts_with("error: ")) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_LE(run.err.size(), 410U) << run.err;
  EXPECT_LT(run.peak_kib, 1'000'000) << path;
  EXPECT_LT(run.seconds, 30) << path;
}

TEST(BadInput, Images) {
  const Folder folder;
  const std::string png = read(any_xray(".png"));
  const std::string jpeg = read(any_xray(".jpg"));
  const std::string dicom = read(any_xray(".dcm"));
  const std::vector<std::pair<std::string, std::string>> files{
      {"zero.png", ""},
      {"text.png", "These are not the pixels you are looking for.\n"},
      {"half.png", png.substr(0, png.size() / 2)},
      {"nearly.png", png.substr(0, png.size() - 20)},
      {"half.jpg", jpeg.substr(0, jpeg.size() / 2)},
      {"half.dcm", dicom.substr(0, dicom.size() / 2)},
      {"header.dcm", dicom.substr(0, 300)},
      {"huge.png", png_header(100'000, 100'000)},
      {"flat.png", png_header(0, 10)},
      {"archive.dcm", "\x1f\x8b\x08" + std::string(100, '\0')},
      {"zeros.dcm", std::string(4096, '\0')},
      {"line\nbreak\x1b[31m.png", "x"},
  };
  for (const auto& [name, bytes] : files) {
    const std::string path = folder.file(name);
    write(path, bytes);
    const Process run = evax({"predict", model, path});
    EXPECT_EQ(run.exit_code, 1) << name << run.err;
    EXPECT_EQ(run.out, "") << name;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << name << run.err;
    EXPECT_EQ(run.err.find('\x1b'), std::string::npos);
    EXPECT_LT(run.peak_kib, 1'000'000) << name;
    if (name.find('\n') == std::string::npos) expect_refusal(run, path);
    fs::remove(path);
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(BadInput, MissingFileAndEmptyFolder) {
  const Folder folder;
  expect_refusal(evax({"predict", model, folder.file("missing.png")}), "missing.png");
  expect_refusal(evax({"predict", model, folder.path()}), folder.path());
  expect_refusal(evax({"predict", model, folder.file("*.png")}), "*.png");
  expect_refusal(evax({"predict", folder.file("missing.safetensors"), any_xray(".png")}),
                 "missing.safetensors");
  expect_refusal(evax({"info", folder.path()}), folder.path());
}

TEST(BadInput, ArgumentsInTheWrongOrderAreNamedAsWhatTheyAre) {
  const Folder folder;
  const std::string image = any_xray(".png");
  const std::string recipe = folder.file("data.toml");
  write(recipe, "[data]\nkind = \"csv\"\ntest = \"list.csv\"\n");
  const auto refusal = [](const std::vector<std::string>& words) { return evax(words).err; };
  EXPECT_EQ(refusal({"predict", image, model}),
            "error: " + image + ": expected a safetensors file, found a PNG image\n");
  EXPECT_EQ(refusal({"evaluate", recipe, model, "-o", folder.file("out")}),
            "error: " + recipe + ": expected a safetensors file, found JSON or TOML\n");
  expect_refusal(evax({"evaluate", model, model, "-o", folder.file("out")}), model);
  EXPECT_NE(refusal({"evaluate", model, model}).find("a safetensors file"), std::string::npos);
  EXPECT_NE(refusal({"data", "check", image}).find("found a PNG image"), std::string::npos)
      << refusal({"data", "check", image});
}

TEST(BadInput, NamesInTheOtherUnicodeNormalFormAreFound) {
  const Folder folder;
  const std::string composed = "R\xC3\xB6ntgen", decomposed = "Ro\xCC\x88ntgen";
  fs::create_directory(folder.file(decomposed));
  fs::copy_file(any_xray(".png"), folder.file(decomposed + "/" + composed + ".png"));
  for (const std::string& path : {composed + "/" + decomposed + ".png", composed}) {
    const Process run = evax({"predict", model, folder.file(path), "--format", "csv"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.out_lines().size(), 2U) << run.out;
  }
}

TEST(BadInput, OneBrokenFileDoesNotSpoilTheBatch) {
  const Folder folder;
  write(folder.file("broken.png"), "x");
  const std::string good = any_xray(".png");
  const Process run =
      evax({"predict", model, good, folder.file("broken.png"), good, "--format", "jsonl"});
  expect_refusal(run, "broken.png", 3);
  EXPECT_EQ(run.out_lines().size(), 2U);
}

TEST(BadInput, UnwritableOutput) {
  const Folder folder;
  const std::string image = any_xray(".png");
  const std::string nowhere = folder.file("no/such/folder/out");
  expect_refusal(evax({"predict", model, image, "-o", nowhere}), nowhere);
  expect_refusal(evax({"embed", model, image, "-o", nowhere + ".npy"}), nowhere);
  expect_refusal(evax({"preprocess", model, image, "-o", nowhere + ".npy"}), nowhere);
  expect_refusal(evax({"convert", image, "-o", nowhere + ".png"}), nowhere);
  expect_refusal(evax({"import", source_file("tests/fixtures/parity/tiny.pth"), "-o", nowhere}),
                 nowhere);
  EXPECT_TRUE(folder.names().empty());
}

TEST(BadInput, FullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const std::string command = std::string(EVAX_BINARY) + " predict " + model + " " +
                              any_xray(".png") + " >/dev/full 2>/dev/null";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

// The model file with its JSON header changed by `edit` and, where asked, its data too.
template <typename Edit>
std::string edited_model(Edit edit) {
  const std::string bytes = read(model);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  Json header = Json::parse(bytes.substr(8, length));
  std::string data = bytes.substr(8 + length);
  edit(header, data);
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text + data;
}

void edit_metadata(Json& header, const std::function<void(Json&)>& edit) {
  Json metadata = Json::parse(header["__metadata__"]["evax"].get<std::string>());
  edit(metadata);
  header["__metadata__"]["evax"] = metadata.dump();
}

TEST(BadInput, ModelFiles) {
  const Folder folder;
  const std::string whole = read(model);
  const auto rename = [](Json& header, const std::string& from, const std::string& to) {
    header[to] = header[from];
    header.erase(from);
  };
  const std::vector<std::pair<std::string, std::string>> files{
      {"zero.safetensors", ""},
      {"half.safetensors", whole.substr(0, whole.size() / 2)},
      {"short.safetensors", whole.substr(0, whole.size() - 1)},
      {"long.safetensors", whole + "x"},
      {"text.safetensors", "hello, world, this is text"},
      {"renamed.safetensors",
       edited_model([&](Json& h, std::string&) { rename(h, "head.weight", "heat.weight"); })},
      {"extra.safetensors", edited_model([&](Json& h, std::string&) {
         h["extra"] = {{"dtype", "F16"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
       })},
      {"shape.safetensors", edited_model([&](Json& h, std::string&) {
         h["head.weight"]["shape"] = {192, 2};
       })},
      {"overlap.safetensors", edited_model([&](Json& h, std::string&) {
         h["head.weight"]["data_offsets"] = h["fc_norm.weight"]["data_offsets"];
       })},
      {"format.safetensors", edited_model([&](Json& h, std::string&) {
         edit_metadata(h, [](Json& m) { m["format"] = 99; });
       })},
      {"classes.safetensors", edited_model([&](Json& h, std::string&) {
         edit_metadata(h, [](Json& m) { m["classes"] = {"a", "b", "c"}; });
       })},
      {"enormous.safetensors", edited_model([&](Json& h, std::string&) {
         edit_metadata(h, [](Json& m) { m["model"]["embed_dim"] = 2'000'000'000; });
       })},
      {"negative.safetensors", edited_model([&](Json& h, std::string&) {
         edit_metadata(h, [](Json& m) { m["preprocess"]["crop"] = -224; });
       })},
      {"nometa.safetensors", edited_model([&](Json& h, std::string&) { h.erase("__metadata__"); })},
  };
  for (const auto& [name, bytes] : files) {
    write(folder.file(name), bytes);
    expect_refusal(evax({"predict", folder.file(name), any_xray(".png")}), name);
  }
}

TEST(BadInput, NanInAModelIsRefusedButInfoDescribesIt) {
  const Folder folder;
  const std::string path = folder.file("nan.safetensors");
  write(path, edited_model([](Json& header, std::string& data) {
          const size_t offset = header["head.bias"]["data_offsets"][0];
          data[offset] = '\x00';
          data[offset + 1] = '\x7e';  // an F16 NaN
        }));
  const Process run = evax({"predict", path, any_xray(".png")});
  expect_refusal(run, path);
  EXPECT_NE(run.err.find("head.bias"), std::string::npos) << run.err;
  EXPECT_EQ(evax({"info", path}).exit_code, 0);
}

TEST(BadInput, Checkpoints) {
  const Folder folder;
  const std::string whole = read(source_file("tests/fixtures/parity/tiny.pth"));
  const std::vector<std::pair<std::string, std::string>> files{
      {"zero.pth", ""},
      {"half.pth", whole.substr(0, whole.size() / 2)},
      {"text.pth", "a text file"},
      {"picture.pth", read(any_xray(".png"))},
      {"shell.pth", "cposix\nsystem\n(S'touch /tmp/evax-was-here'\ntR."},
  };
  for (const auto& [name, bytes] : files) {
    write(folder.file(name), bytes);
    expect_refusal(evax({"import", folder.file(name), "-o", folder.file("out.safetensors")}), name);
    EXPECT_FALSE(fs::exists(folder.file("out.safetensors")));
  }
  EXPECT_FALSE(fs::exists("/tmp/evax-was-here"));
}

TEST(BadInput, WrongClassCount) {
  const Folder folder;
  const Process run = evax({"import", source_file("tests/fixtures/parity/tiny.pth"), "-o",
                            folder.file("out.safetensors"), "--classes", "a,b"});
  expect_refusal(run, "tiny.pth");
  EXPECT_NE(run.err.find('5'), std::string::npos) << run.err;
  EXPECT_TRUE(folder.names().empty());
}

TEST(BadInput, ArraysForForward) {
  const Folder folder;
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 64, 64), }";
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) +
                      '\0' + header + std::string(size_t{3} * 64 * 64 * 4, '\0');
  write(folder.file("x.npy"), bytes);
  expect_refusal(
      evax({"forward", model, "--input", folder.file("x.npy"), "--logits", folder.file("l.npy")}),
      "x.npy");
  write(folder.file("x.npy"), bytes.substr(0, 500));
  expect_refusal(
      evax({"forward", model, "--input", folder.file("x.npy"), "--logits", folder.file("l.npy")}),
      "x.npy");
  // A network's size, and one number that is none.
  std::vector<float> numbers(size_t{3} * 224 * 224);
  numbers[70'000] = std::nanf("");
  write_npy(folder.file("x.npy"), Tensor::from_floats({1, 3, 224, 224}, numbers));
  expect_refusal(
      evax({"forward", model, "--input", folder.file("x.npy"), "--logits", folder.file("l.npy")}),
      "expected finite numbers, found an infinity or a NaN");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npy"});
}

TEST(BadInput, DicomFolderHoldsNoSurprise) {
  const std::string data = shared_file("data/dicom");
  if (!fs::exists(data)) GTEST_SKIP() << "no DICOM collection on this machine";
  const Folder folder;
  const Process run =
      evax({"convert", data + "/malformed", data + "/non_cxr", "-o", folder.file("png")});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_LT(run.peak_kib, 1'000'000);
  const Process real =
      evax({"predict", model, data + "/real", data + "/derived", "--format", "jsonl"});
  EXPECT_EQ(real.exit_code, 3);             // three files there have no pixel data
  EXPECT_EQ(real.out_lines().size(), 41U);  // of 44
}

}  // namespace
}  // namespace evax::e2e
