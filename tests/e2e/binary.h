#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace evax::e2e {

/// A finished run of the real binary.
struct Process {
  int exit_code = -1;  // 128 + signal when it was killed
  std::string out;
  std::string err;     // without progress lines, which only a slow run prints
  double seconds = 0;  // without pauses of the whole machine
  long peak_kib = 0;   // largest resident set

  std::vector<std::string> out_lines() const;
};

/// How a run of the binary differs from the usual one.
struct Launch {
  double limit = 300;                      // seconds until `signal` is sent
  std::function<bool()> when{};            // sends it before, once this is true
  int signal = 9;                          // SIGKILL: exit code 137
  std::vector<std::string> environment{};  // "NAME=VALUE", added to the test's own
};

/// Runs build/bin/evax with these arguments. Thread-safe.
Process evax(const std::vector<std::string>& arguments, const Launch& launch = {});
Process evax(const std::vector<std::string>& arguments, double limit);

/// Files of the repository, and of the data folder beside it that not every machine has.
std::string source_file(const std::string& name);
std::string shared_file(const std::string& name);

/// A folder of the test's own, removed afterwards.
class Folder {
 public:
  Folder();
  ~Folder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::string& path() const { return path_.native(); }
  std::vector<std::string> names() const;  // sorted

 private:
  std::filesystem::path path_;
};

void write(const std::string& path, const std::string& bytes);
std::string read(const std::string& path);

/// The JSON that the script of a page of explanations reads.
std::string page_json(const std::string& html);

/// Rows of a CSV file without quoted fields.
std::vector<std::vector<std::string>> read_csv(const std::string& text);

}  // namespace evax::e2e
