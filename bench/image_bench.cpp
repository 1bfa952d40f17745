// Times reading, resizing and writing of the images named on the command line:
//   evax_image_bench [--benchmark_...] IMAGE...

#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "evax/core/file.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"
#include "evax/image/write.h"

namespace {

using namespace evax::image;

void decode_file(benchmark::State& state, const std::string& path) {
  const auto bytes = evax::read_file(path, max_file_bytes);
  for (auto _ : state) benchmark::DoNotOptimize(decode(bytes, path));
}

void resize_file(benchmark::State& state, const std::string& path, int size,
                 evax::Interpolation interpolation) {
  const Image image = read(path).image;
  for (auto _ : state) benchmark::DoNotOptimize(resize(image, size, size, interpolation));
}

void resize_cv2_file(benchmark::State& state, const std::string& path) {
  const Image image = read(path).image;
  for (auto _ : state) benchmark::DoNotOptimize(resize_cv2(image, 512, 512));
}

void write_file(benchmark::State& state, const std::string& path) {
  const Image image = read(path).image;
  const std::string out = std::filesystem::temp_directory_path() / "evax_image_bench.png";
  for (auto _ : state) write_png(out, image);
  state.counters["bytes"] = static_cast<double>(std::filesystem::file_size(out));
  std::filesystem::remove(out);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string name = std::filesystem::path(path).filename();
    const auto add = [&](const std::string& what, auto&&... args) {
      benchmark::RegisterBenchmark((what + "/" + name).c_str(), args...)
          ->Unit(benchmark::kMillisecond);
    };
    add("decode", decode_file, path);
    add("resize_bicubic_256", resize_file, path, 256, evax::Interpolation::bicubic);
    add("resize_bilinear_256", resize_file, path, 256, evax::Interpolation::bilinear);
    add("resize_cv2_512", resize_cv2_file, path);
    add("write_png", write_file, path);
  }
  benchmark::RunSpecifiedBenchmarks();
}
