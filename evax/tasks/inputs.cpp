#include "evax/tasks/inputs.h"

#include <glob.h>

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/normal_form.h"
#include "evax/image/folder.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> images_in(const std::string& folder, image::PassedOver& passed_over) {
  image::PassedOver here;
  std::vector<std::string> files = image::images_below(folder, &here);
  if (files.empty())
    fail("{}: expected PNG, JPEG or DICOM files in this folder, found {}", folder,
         here.objects.empty() ? "none" : here.sentence());
  passed_over.add(here);
  return files;
}

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files;
  if (status == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (files.empty()) fail("{}: no such file, and nothing matches the pattern", pattern);
  return files;
}

// What a pattern or a folder means is looked at; what is named is taken as it is.
void add_files(const std::vector<std::string>& paths, bool named, std::vector<std::string>& files,
               image::PassedOver& passed_over) {
  for (const std::string& given : paths) {
    const std::string path = existing_form(given);
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      const auto below = images_in(path, passed_over);
      files.insert(files.end(), below.begin(), below.end());
    } else if (named && !fs::exists(path, ignored) &&
               path.find_first_of("*?[") != std::string::npos) {
      add_files(matches_of(path), false, files, passed_over);
    } else if (named || (!is_stream(path) && !image::pass_over(path, passed_over))) {
      files.push_back(path);
    }
  }
}

}  // namespace

std::vector<std::string> collect_images(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  image::PassedOver passed_over;
  add_files(paths, true, files, passed_over);
  const std::string sentence = passed_over.sentence();
  if (!sentence.empty()) note(sentence);
  if (files.empty()) fail("{}: expected images, found none", fmt::join(paths, ", "));
  for (const std::string& file : files) protect_input(file);
  return files;
}

weights::ModelFile load_model(const std::string& path) {
  protect_input(path);
  return weights::load_model(path);
}

}  // namespace evax::tasks
