#include "tests/e2e/study.h"

#include <algorithm>
#include <cmath>

namespace evax::e2e {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const std::string xrays = source_file("demo/adult");

std::string columns_of(const Row& row) {
  return "," + row.patient + "," + (row.number % 2 == 0 ? "F" : "M") + "," +
         std::to_string(20 + row.number % 60);
}

}  // namespace

std::vector<Row> rows(bool validation) {
  std::vector<Row> found;
  for (const char* label : {"Normal", "Pneumonia"})
    for (const auto& entry : fs::directory_iterator(xrays + "/" + label)) {
      const std::string name = entry.path().filename();
      const long number = std::stol(name.substr(0, 8));
      if ((number % 3 == 0) == validation)
        found.push_back({label + ("/" + name), name.substr(0, 8), label, number});
    }
  std::sort(found.begin(), found.end(), [](const Row& a, const Row& b) { return a.path < b.path; });
  return found;
}

std::string exclusive_list(bool validation, size_t step) {
  std::string text = "path,label,patient,sex,age\n";
  const std::vector<Row> all = rows(validation);
  for (size_t i = 0; i < all.size(); i += step)
    text += all[i].path + "," + all[i].label + columns_of(all[i]) + "\n";
  return text;
}

std::string findings_list(bool validation, const std::string& absent) {
  std::string text = "path,A,B,C,D,E,patient,sex,age\n";
  long i = 0;
  for (const Row& row : rows(validation)) {
    text += row.path;
    for (const char c : std::string("ABCDE")) {
      const long draw = (++i * 7919 + row.number) % 11;
      text += absent.find(c) != std::string::npos ? ",0"
              : draw == 0                         ? ",-1"
              : draw < 5                          ? ",1"
                                                  : ",0";
    }
    text += columns_of(row) + "\n";
  }
  return text;
}

Study::Study() {
  write(file("val.csv"), findings_list(true));
  write(file("test.csv"), findings_list(false));
  write(file("study.toml"), "[data]\nkind = \"csv\"\nimages = \"" + xrays + "\"\nval = \"" +
                                file("val.csv") + "\"\ntest = \"" + file("test.csv") + "\"\n");
  const Process run = evax({"import", source_file("tests/fixtures/parity/tiny.pth"), "-o",
                            file("findings.safetensors"), "--classes", "A,B,C,D,E"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

Process Study::evaluate(const std::string& name, const std::vector<std::string>& more,
                        const std::string& model) const {
  std::vector<std::string> words{"evaluate", model.empty() ? file("findings.safetensors") : model,
                                 file("study.toml"), "-o", file(name)};
  words.insert(words.end(), more.begin(), more.end());
  return evax(words);
}

Json Study::metrics(const std::string& name) const {
  return Json::parse(read(file(name + "/metrics.json")));
}

std::vector<double> numbers(const std::string& csv, const std::string& column) {
  const auto table = read_csv(csv);
  const auto at =
      static_cast<size_t>(std::find(table[0].begin(), table[0].end(), column) - table[0].begin());
  std::vector<double> values;
  for (size_t i = 1; i < table.size(); ++i)
    values.push_back(table[i].at(at).empty() ? std::nan("") : std::stod(table[i].at(at)));
  return values;
}

}  // namespace evax::e2e
