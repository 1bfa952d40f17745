// Times the training transform and its operations on the images named on the command line:
//   evax_augment_bench [--benchmark_...] IMAGE...

#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "evax/data/augment/augment.h"
#include "evax/data/augment/operations.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"

namespace {

using namespace evax::data;
using evax::image::Image;

void train_transform(benchmark::State& state, const std::string& path, const AugmentConfig& config,
                     int size) {
  const Image image = evax::image::read(path).image;
  evax::weights::Preprocess preprocess;
  preprocess.crop = size;
  const auto transform = make_train_transform(config, preprocess);
  std::vector<float> out(static_cast<size_t>(3) * size * size);
  uint32_t sample = 0;
  for (auto _ : state) {
    transform(image, {0, 0, sample++}, out.data());
    benchmark::DoNotOptimize(out.data());
  }
}

void operation(benchmark::State& state, const std::string& path, Operation which, double argument) {
  const Image image =
      evax::image::resize(evax::image::read(path).image, 224, 224, evax::Interpolation::bicubic);
  for (auto _ : state) {
    Image copy = image;
    apply(which, argument, {125, 125, 125}, copy);
    benchmark::DoNotOptimize(copy.pixels.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  AugmentConfig timm;
  timm.policy = "timm";
  AugmentConfig crop = timm;
  crop.auto_augment.clear();
  AugmentConfig erase = timm;
  erase.erase = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string name = "/" + std::filesystem::path(path).filename().string();
    const auto add = [&](const std::string& what, auto&&... args) {
      benchmark::RegisterBenchmark((what + name).c_str(), args...)->Unit(benchmark::kMillisecond);
    };
    for (const int size : {224, 512}) {
      const std::string suffix = "_" + std::to_string(size);
      add("crop_flip" + suffix, train_transform, path, crop, size);
      add("timm" + suffix, train_transform, path, timm, size);
      add("timm_erase" + suffix, train_transform, path, erase, size);
    }
    add("rotate_224", operation, path, Operation::rotate, 18.0);
    add("shear_x_224", operation, path, Operation::shear_x, 0.18);
    add("equalize_224", operation, path, Operation::equalize, 0.0);
    add("contrast_224", operation, path, Operation::contrast, 1.54);
    add("sharpness_224", operation, path, Operation::sharpness, 1.54);
  }
  benchmark::RunSpecifiedBenchmarks();
}
