#pragma once

#include "tests/e2e/training.h"

namespace evax::e2e {

/// The first `rows` rows of a list of demo/lungs, with the X-rays and masks where they are.
inline std::string list_of(const char* name, size_t rows) {
  const std::string text = read(source_file(std::string("demo/lungs/") + name + ".csv"));
  size_t end = 0;
  for (size_t line = 0; line <= rows && end != std::string::npos; ++line)
    end = text.find('\n', end + 1);
  return text.substr(0, end) + "\n";
}

/// Trainings of a small network on X-rays and masks of demo/lungs.
class Segment : public Training {
 protected:
  void SetUp() override {
    write(folder_.file("train.csv"), list_of("train", 12));
    write(folder_.file("val.csv"), list_of("val", 3));
    write(folder_.file("test.csv"), list_of("test", 4));
    write(recipe_, "task = 'segment'\n" + tiny_network + R"(image_size = 64
[decoder]
channels = 8
[data]
kind = "csv"
images = ")" + source_file("demo/lungs") +
                       R"("
train = ")" + folder_.file("train.csv") +
                       R"("
val = ")" + folder_.file("val.csv") +
                       R"("
test = ")" + folder_.file("test.csv") +
                       R"("
classes = ["lung"]
meta = ["licence"]
[optim]
lr = 1e-3
epochs = 3
batch_size = 4
[run]
threads = 1
eval_every = 1
checkpoint_steps = 2
)");
  }
};

}  // namespace evax::e2e
