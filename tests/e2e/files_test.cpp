// What stands around the pictures: pipes, devices, links, names, folders, studies.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <zlib.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string model = source_file("demo/pneumonia.safetensors");
const std::string lungs = source_file("demo/lungs.safetensors");
const std::string png = source_file("demo/xrays/00001368_000.png");
const std::string field = source_file("tests/fixtures/field/");

/// A command line of bash; $E is the binary, $M the demonstration model.
struct Shell {
  int exit_code;
  std::string out, err;
};

Shell shell(const Folder& folder, const std::string& command) {
  write(folder.file("command"),
        "E='" EVAX_BINARY "' M='" + model + "'\ncd '" + folder.path() + "'\n" + command + "\n");
  const int status =
      std::system(("bash '" + folder.file("command") + "' >'" + folder.file("shell.out") + "' 2>'" +
                   folder.file("shell.err") + "' </dev/null")
                      .c_str());
  return {WEXITSTATUS(status), read(folder.file("shell.out")), read(folder.file("shell.err"))};
}

/// Every file below a folder and what is in it.
std::map<std::string, std::string> content_of(const std::string& folder) {
  std::map<std::string, std::string> content;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) content[entry.path()] = read(entry.path());
  return content;
}

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string chunk(const std::string& body) {  // type and data
  const uLong crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(body.size() - 4)) + body +
         big_endian(static_cast<uint32_t>(crc));
}

/// A grey picture of stripes.
std::string grey_png(uint32_t width, uint32_t height) {
  std::string line(width + 1, '\0');
  for (uint32_t x = 0; x < width; ++x) line[x + 1] = static_cast<char>(x / 50 % 2 * 100 + 80);
  std::string lines;
  for (uint32_t y = 0; y < height; ++y) lines += line;
  uLongf size = ::compressBound(lines.size());
  std::string packed(size, '\0');
  ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
              reinterpret_cast<const Bytef*>(lines.data()), lines.size(), 1);
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\0\0\0\0", 5)) +
         chunk("IDAT" + packed) + chunk("IEND");
}

TEST(Files, OutputGoesThroughPipesDevicesAndLinks) {
  const Folder folder;
  const std::string expected = evax({"predict", model, png, "--format", "csv"}).out;
  ASSERT_NE(expected, "");
  fs::copy_file(png, folder.file("x.png"));
  write(folder.file("target.csv"), "old");
  fs::permissions(folder.file("target.csv"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("target.csv", folder.file("link.csv"));
  EXPECT_EQ(
      evax({"predict", model, png, "--format", "csv", "-o", folder.file("link.csv")}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(folder.file("link.csv")));
  EXPECT_EQ(read(folder.file("target.csv")), expected);
  EXPECT_EQ(fs::status(folder.file("target.csv")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);

  const std::string predict = "\"$E\" predict \"$M\" '" + png + "' --format csv -o ";
  EXPECT_EQ(shell(folder, "mkfifo fifo; cat fifo & " + predict + "fifo; wait; test -p fifo").out,
            expected);
  EXPECT_EQ(shell(folder, predict + ">(cat); wait").out, expected);
  EXPECT_EQ(shell(folder, "echo before; " + predict + "/dev/stdout; echo after").out,
            "before\n" + expected + "after\n");
  const Shell arrays = shell(folder,
                             "mkfifo f.npy; cat f.npy >read.npy & \"$E\" embed \"$M\" x.png -o "
                             "f.npy && wait && test -p f.npy && \"$E\" embed \"$M\" x.png -o "
                             "whole.npy && cmp read.npy whole.npy");
  EXPECT_EQ(arrays.exit_code, 0) << arrays.err;
  if (::mknod(folder.file("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {
    EXPECT_EQ(evax({"predict", model, png, "-o", folder.file("null")}).exit_code, 0);
    EXPECT_TRUE(fs::is_character_file(folder.file("null")));
  }
}

TEST(Files, ImagesAndListsComeThroughPipes) {
  const Folder folder;
  const std::string expected = read_csv(evax({"predict", model, png, "--format", "csv"}).out)[1][2];
  const std::string from_stdin = " predict \"$M\" /dev/stdin --format csv";
  for (const std::string& command :
       {"\"$E\"" + from_stdin + " <'" + png + "'", "cat '" + png + "' | \"$E\"" + from_stdin,
        "\"$E\" predict \"$M\" <(cat '" + png + "') --format csv"}) {
    const Shell run = shell(folder, command);
    ASSERT_EQ(run.exit_code, 0) << command << run.err;
    EXPECT_EQ(read_csv(run.out)[1][2], expected) << command;
  }
  const std::string dicom = source_file("demo/xrays/nih_dx_jpeg_ls.dcm");
  for (const std::string& command :
       {"cat '" + png + "' | \"$E\" info /dev/stdin",
        "cat '" + dicom + "' | \"$E\" convert /dev/stdin -o a.png && test -s a.png",
        "cat '" + dicom + "' | \"$E\" segment '" + lungs +
            "' /dev/stdin -o masks && test -s masks/stdin_seg.dcm",
        "cat '" + png + "' | \"$E\" explain \"$M\" /dev/stdin -o maps",
        "cat '" + png + "' | \"$E\" preprocess \"$M\" /dev/stdin -o x.npy",
        "printf 'path,label\\n" + png + ",Normal\\n" + dicom +
            ",Pneumonia\\n' | \"$E\" data check --kind csv --train /dev/stdin"}) {
    const Shell run = shell(folder, command);
    EXPECT_EQ(run.exit_code, 0) << command << run.err;
  }
}

TEST(Files, AnInputIsNeverReplaced) {
  const Folder folder;
  fs::copy_file(png, folder.file("x.png"));
  fs::copy_file(png, folder.file("x.npy"));
  fs::copy_file(model, folder.file("m.safetensors"));
  fs::copy_file(source_file("tests/fixtures/parity/tiny.pth"), folder.file("tiny.pth"));
  fs::create_symlink("x.png", folder.file("link"));
  fs::create_hard_link(folder.file("x.png"), folder.file("twin.png"));
  fs::create_directories(folder.file("lists"));
  std::string list = "path,label\n";
  for (const auto& entry : fs::directory_iterator(source_file("demo/xrays")))
    list += entry.path().string() + (list.size() % 2 == 0 ? ",Normal\n" : ",Pneumonia\n");
  write(folder.file("lists/test.csv"), list);
  write(folder.file("lists/predictions.csv"), list);
  write(folder.file("d.toml"), "[data]\nkind = 'csv'\ntest = 'lists/predictions.csv'\n");
  const std::string array = folder.file("array.npy");
  ASSERT_EQ(evax({"preprocess", model, png, "-o", array}).exit_code, 0);
  const auto before = content_of(folder.path());
  for (const std::string& command :
       {std::string("predict \"$M\" x.png -o x.png"), std::string("predict \"$M\" x.png -o ./link"),
        std::string("predict \"$M\" link -o x.png"),
        std::string("predict \"$M\" x.png -o twin.png"),
        std::string("predict m.safetensors x.png -o m.safetensors"),
        std::string("predict \"$M\" \"$PWD\" -o lists/../x.png"),
        std::string("embed \"$M\" x.npy -o x.npy"), std::string("convert x.png -o ./x.png"),
        std::string("preprocess \"$M\" x.png -o x.png"),
        std::string("explain \"$M\" x.png --html link"),
        std::string("forward \"$M\" --input array.npy --logits ./array.npy"),
        std::string("export m.safetensors -o m.safetensors --layout evax"),
        std::string("import tiny.pth -o tiny.pth"),
        std::string("data split --kind csv --train lists/test.csv -o lists"),
        std::string("evaluate \"$M\" d.toml -o lists"),
        std::string("evaluate m.safetensors d.toml data.val=lists/test.csv data.allow_leak=true "
                    "--calibrated m.safetensors")}) {
    const Shell run = shell(folder, "\"$E\" " + command);
    EXPECT_EQ(run.exit_code, 1) << command << run.err;
    EXPECT_NE(run.err.find("an input of this command"), std::string::npos) << command << run.err;
    auto after = content_of(folder.path());
    for (const char* own : {"command", "shell.out", "shell.err"}) after.erase(folder.file(own));
    ASSERT_EQ(after.size(), before.size()) << command;
    ASSERT_TRUE(after == before) << command;
  }
}

TEST(Files, AFolderOfInputsIsNoOutputFolder) {
  const Folder folder;
  fs::create_directories(folder.file("study/series"));
  fs::copy_file(png, folder.file("study/a.png"));
  fs::copy_file(png, folder.file("study/a_mask.png"));
  fs::copy_file(png, folder.file("study/series/b.png"));
  fs::create_symlink("study", folder.file("link"));
  const auto before = content_of(folder.path());
  for (const std::string& verb :
       {std::string("convert"), "segment '" + lungs + "'", std::string("explain \"$M\"")})
    for (const char* paths :
         {"study -o study", "study -o ./study/", "study -o link", "link -o study",
          "study -o study/series", "'study/*.png' -o study", "study/a.png -o study"}) {
      const Shell run = shell(folder, "\"$E\" " + verb + " " + paths);
      EXPECT_EQ(run.exit_code, 1) << verb << " " << paths << run.err;
      EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
      auto after = content_of(folder.path());
      for (const char* own : {"command", "shell.out", "shell.err"}) after.erase(folder.file(own));
      ASSERT_TRUE(after == before) << verb << " " << paths;
    }
  EXPECT_EQ(shell(folder, "\"$E\" convert study -o study/png").exit_code, 0);
}

TEST(Files, NamesThatAreNotUtf8ComeBack) {
  const Folder folder;
  fs::create_directories(folder.file("in"));
  const std::vector<std::string> names{"r\xf6ntgen.png", "r\\xf6ntgen.png", "r\xc3\xb6ntgen.png"};
  const std::vector<std::string> written{"r\\xf6ntgen.png", "r\\x5cxf6ntgen.png",
                                         "r\xc3\xb6ntgen.png"};
  for (const std::string& name : names) fs::copy_file(png, folder.file("in/" + name));
  std::vector<std::string> arguments{"predict", model};
  for (const std::string& name : names) arguments.push_back(folder.file("in/" + name));
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), more.begin(), more.end());
    return evax(all);
  };
  const auto csv = read_csv(with({"--format", "csv"}).out);
  const auto lines = with({"--format", "jsonl"}).out_lines();
  ASSERT_EQ(csv.size(), 4U);
  ASSERT_EQ(lines.size(), 3U);
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(fs::path(csv[i + 1][0]).filename(), written[i]);
    EXPECT_EQ(fs::path(Json::parse(lines[i])["path"].get<std::string>()).filename(), written[i]);
  }
  // A list that evax wrote finds the files again.
  ASSERT_EQ(evax({"data", "split", "--kind", "folder", "--images", folder.file("in"), "-o",
                  folder.file("lists"), "--val-share", "0", "--test-share", "0"})
                .exit_code,
            0);
  const Process check =
      evax({"data", "check", "--kind", "csv", "--train", folder.file("lists/train.csv"), "--images",
            folder.file("in"), "--json"});
  EXPECT_EQ(Json::parse(check.out)["lists"][0]["missing"].size(), 0U);
  // So is the name in the reason why one cannot be read.
  std::ofstream(folder.file("in/br\xf6ken.png")) << "no picture";
  const Process broken =
      evax({"data", "check", "--kind", "folder", "--images", folder.file("in"), "--json"});
  std::string reason;  // it is in one of the lists
  const Json found = Json::parse(broken.out);
  for (const Json& list : found["lists"])
    for (const Json& image : list["unreadable"]) reason = image["reason"].get<std::string>();
  EXPECT_NE(reason.find("br\\xf6ken.png: "), std::string::npos) << reason;
  fs::remove(folder.file("in/br\xf6ken.png"));
  // A page's data is JSON, too.
  const std::string page = folder.file("page.html");
  ASSERT_EQ(evax({"explain", model, folder.file("in/" + names[0]), "--html", page}).exit_code, 0);
  EXPECT_NE(page_json(read(page)).find(R"(r\\xf6ntgen.png)"), std::string::npos);
}

TEST(Files, AStudysOtherObjectsAreCounted) {
  const Folder folder;
  const std::string study = field + "study";
  const Process run = evax({"predict", model, study, "--format", "jsonl"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out_lines().size(), 2U);
  EXPECT_NE(run.err.find("6 DICOM objects"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("error"), std::string::npos) << run.err;
  EXPECT_EQ(evax({"convert", study, "-o", folder.file("png")}).exit_code, 0);
  EXPECT_EQ(evax({"embed", model, study, "-o", folder.file("e.npy")}).exit_code, 0);
  EXPECT_EQ(evax({"data", "stats", "--kind", "folder", "--images", study + "/DICOM/PA0/ST0/SE0"})
                .exit_code,
            0);
  for (const char* name : {"PR0", "SR0", "KO0", "PDF0", "SEG0"}) {
    const std::string path = study + "/DICOM/PA0/ST0/SE1/" + name;
    for (const char* verb : {"predict", "embed", "explain"}) {
      const Process named = evax({verb, model, path, "-o", folder.file("o.npy")});
      EXPECT_EQ(named.exit_code, 1) << verb << name;
      EXPECT_EQ(named.err.find("--force"), std::string::npos) << named.err;
    }
  }
}

TEST(Files, AnyModalityIsLetInByEveryVerb) {
  const Folder folder;
  std::string ct = read(field + "study/DICOM/PA0/ST0/SE0/IM0");
  const size_t modality =
      ct.find(std::string("\x08\x00\x60\x00"
                          "CS",
                          6));
  ASSERT_NE(modality, std::string::npos);
  ct.replace(modality + 8, 2, "CT");
  fs::create_directories(folder.file("ct/A"));
  fs::create_directories(folder.file("ct/B"));
  write(folder.file("ct/A/ct.dcm"), ct);
  fs::copy_file(png, folder.file("ct/B/x.png"));
  const std::string file = folder.file("ct/A/ct.dcm");
  const std::vector<std::vector<std::string>> verbs{
      {"predict", model, file},
      {"embed", model, file, "-o", folder.file("e.npy")},
      {"segment", lungs, file, "-o", folder.file("masks")},
      {"explain", model, file, "-o", folder.file("maps")},
      {"convert", file, "-o", folder.file("ct.png")},
      {"preprocess", model, file, "-o", folder.file("x.npy")},
      {"info", file},
      {"data", "check", "--kind", "folder", "--images", folder.file("ct")},
      {"data", "stats", "--kind", "folder", "--images", folder.file("ct")},
      {"data", "pack", "--kind", "folder", "--images", folder.file("ct"), "-o",
       folder.file("shards")},
  };
  for (std::vector<std::string> words : verbs) {
    const Process refused = evax(words);
    EXPECT_NE(refused.exit_code, 0) << words[0] << words[1];
    const std::string all = refused.err + refused.out;
    const bool list = words[0] == "data";
    EXPECT_NE(all.find(list ? "data.force = true" : "--force"), std::string::npos)
        << words[1] << all;
    words.emplace_back("--force");
    const Process run = evax(words);
    EXPECT_EQ(run.exit_code, 0) << words[0] << words[1] << run.err;
  }
}

// Of one large picture `explain` needs more than 1.1 GB, of the others far less.
TEST(Files, APictureThatDoesNotFitIntoMemoryEndsNoBatch) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take more memory than this test allows";
#endif
  const Folder folder;
  fs::create_directories(folder.file("in"));
  fs::copy_file(png, folder.file("in/a.png"));
  fs::copy_file(png, folder.file("in/c.png"));
  constexpr int side = 9990;
  write(folder.file("in/b.png"), grey_png(side, side));
  const Shell run =
      shell(folder, "ulimit -v 1000000; \"$E\" explain \"$M\" in -o maps --threads 1");
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_NE(run.err.find("error: in/b.png: not enough memory"), std::string::npos) << run.err;
  EXPECT_TRUE(fs::exists(folder.file("maps/a.json")));
  EXPECT_TRUE(fs::exists(folder.file("maps/c.json")));
}

// Of evax, and of evax-train where it is built. The image is a pipe that nobody writes into.
TEST(Files, ASignalLeavesNothingUnfinished) {
  const Folder folder;
  fs::copy_file(model, folder.file("m.safetensors"));
  for (const std::string program : {EVAX_BINARY, EVAX_BINARY "-train"}) {
    if (!fs::exists(program)) continue;
    EXPECT_EQ(shell(folder, "'" + program + "' --version")
                  .out.find(fs::path(program).filename().string() + " 0."),
              0U);
    for (const char* signal : {"HUP", "TERM", "INT"}) {
      const Shell run = shell(
          folder, "mkdir out; mkfifo image; set -m\n'" + program +
                      "' predict m.safetensors image -o out/a.csv &\n"
                      "for i in {1..600}; do ls out | grep -q tmp && break; sleep 0.05; done\n"
                      "kill -" +
                      signal + " $!; wait $!; ls out; rm -r out image");
      EXPECT_EQ(run.out, "") << program << signal;
    }
  }
}

TEST(Files, AFolderThatALinkLeadsToIsMade) {
  const Folder folder;
  fs::create_symlink("later", folder.file("link"));
  EXPECT_EQ(evax({"convert", png, "-o", folder.file("link")}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(folder.file("link")));
  EXPECT_TRUE(fs::exists(folder.file("later/00001368_000.png")));
}

// A vendor's object: its modality tells what it is.
TEST(Files, ObjectsOfPrivateClassesAreToldByTheirModality) {
  const Folder folder;
  std::string object = read(field + "study/DICOM/PA0/ST0/SE1/PR0");
  const std::string uid = "1.2.840.10008.5.1.4.1.1.11.1";
  for (size_t at = object.find(uid); at != std::string::npos; at = object.find(uid))
    object.replace(at, uid.size(), "1.3.120.10008.5.1.4.1.1.11.1");
  fs::create_directories(folder.file("in"));
  write(folder.file("in/IM1"), object);
  fs::copy_file(png, folder.file("in/x.png"));
  const Process run = evax({"predict", model, folder.file("in"), "--format", "csv"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("a presentation state"), std::string::npos) << run.err;
}

TEST(Files, AnUnknownVerbIsNamedWithTheNearestOne) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"foo"}, "'foo'; the nearest is info"},
      {{"prdict", "m", "x.png"}, "'prdict'; the nearest is predict"},
      {{"serve", "token", "add", "x"}, "'serve'; the nearest is "},
      {{"data", "chekc"}, "'chekc'; the nearest is check"},
      {{"data", "serve", "check"}, "'serve'; the nearest is "},
      {{}, "expected a verb, found none (see evax --help)"},
      {{"data"}, "expected a verb, found none (see evax data --help)"},
      {{"--jsn", "predict"}, "expected a verb, found the option --jsn"}};
  for (const auto& [words, expected] : wrong) {
    const Process run = evax(words);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find(expected), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

}  // namespace
}  // namespace evax::e2e
