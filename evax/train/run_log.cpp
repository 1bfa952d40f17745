#include "evax/train/run_log.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/write.h"
#include "evax/train/event_file.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

/// Keeps the whole lines up to `resume_step`.
void cut_back(const std::string& path, int64_t resume_step) {
  std::ifstream lines(path);
  AtomicFile kept(path);
  for (std::string line; std::getline(lines, line);) {
    if (lines.eof()) break;  // without its end: a kill left it half-written
    const Json json = Json::parse(line, nullptr, false);
    const bool has_step = json.is_object() && json.contains("step") && json["step"].is_number();
    if (has_step && json["step"].get<int64_t>() <= resume_step) kept.write(line + "\n");
  }
  kept.commit();
}

double seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string made(const std::string& folder) {
  make_folder(folder + "/tensorboard");
  return folder;
}

}  // namespace

struct RunLog::State {
  State(const std::string& folder, int64_t resume_step)
      : path(made(folder) + "/metrics.jsonl"),
        events(folder + "/tensorboard/events.out.tfevents.evax", resume_step) {
    if (std::filesystem::exists(path)) cut_back(path, resume_step);
    lines.reset(std::fopen(path.c_str(), "ab"));
    if (!lines) fail("{}: cannot be written: {}", path, std::strerror(errno));
  }

  std::string path;
  EventFile events;
  File lines;
};

RunLog::RunLog(const std::string& folder, int64_t resume_step)
    : state_(std::make_unique<State>(folder, resume_step)) {}
RunLog::~RunLog() = default;

void RunLog::write(int64_t step, const Json& values) {
  Json line{{"step", step}};
  std::vector<std::pair<std::string, float>> scalars;
  for (const auto& [name, value] : values.items()) {
    line[name] = value;
    if (value.is_number() && std::isfinite(value.get<double>()))
      scalars.emplace_back(name, value.get<float>());
  }
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), state_->lines.get()) != text.size())
    fail("{}: cannot be written: {}", state_->path, std::strerror(errno));
  if (!scalars.empty()) state_->events.write(step, seconds_since_1970(), scalars);
}

void RunLog::picture(int64_t step, const std::string& name, const image::Image& image) {
  state_->events.write(step, seconds_since_1970(), name,
                       {image.width, image.height, image.channels, image::encode_png(image)});
}

void RunLog::flush() {
  if (std::fflush(state_->lines.get()) != 0)
    fail("{}: cannot be written: {}", state_->path, std::strerror(errno));
  state_->events.flush();
}

}  // namespace evax::train
