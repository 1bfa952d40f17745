// One process of distributed_test: plays the scenario that its argument names, as the environment's
// variables place it. What it finds goes to stdout as JSON; exit code 1 and a sentence on Error.
#include <ATen/Functions.h>
#include <c10/core/GradMode.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "evax/core/error.h"
#include "evax/train/loop/distributed.h"
#include "evax/train/optim/optimizer.h"
#include "evax/train/tasks/probe.h"

namespace {

using evax::train::Distributed;
using evax::train::NamedParameters;
using Json = nlohmann::ordered_json;

Json numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kDouble).flatten().contiguous();
  return std::vector<double>(flat.const_data_ptr<double>(),
                             flat.const_data_ptr<double>() + flat.numel());
}

// Numbers that look random but are the same everywhere.
at::Tensor pattern(at::IntArrayRef shape, double phase) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return (at::arange(count, at::kFloat) * 0.7 + phase).sin().reshape(shape);
}

Json collectives(Distributed& processes) {
  const int rank = processes.rank();
  at::Tensor floats = at::full({3}, rank + 0.5), count = at::full({}, int64_t{1} << (40 + rank)),
             exact = at::full({}, 0.1 * (rank + 1), at::kDouble),
             first = at::full({2}, rank + 7, at::kByte);
  processes.sum(floats);
  processes.sum(count);
  processes.sum(exact);
  processes.broadcast(first);
  processes.barrier();
  // Rank 0 has no rows, rank 1 has two, ...
  const at::Tensor rows = at::full({2 * rank, 3}, rank, at::kDouble);
  const at::Tensor gathered = processes.gather_rows(rows);
  return {{"rank", rank},
          {"ranks", processes.ranks()},
          {"local_rank", processes.local_rank()},
          {"floats", numbers(floats)},
          {"count", count.item<int64_t>()},
          {"exact", exact.item<double>()},
          {"first", numbers(first)},
          {"gathered", numbers(gathered)},
          {"gathered_shape", gathered.sizes().vec()}};
}

// Three gradient steps over 8 rows, dealt to the ranks, in two micro-steps each; the large matrix
// does not fit into the first bucket of gradients.
Json gradients(Distributed& processes) {
  const NamedParameters parameters{{"large", pattern({600, 600}, 0).requires_grad_()},
                                   {"small", pattern({600, 4}, 1).requires_grad_()},
                                   {"frozen", pattern({4}, 2)},
                                   {"bias", pattern({4}, 3).requires_grad_()}};
  std::vector<at::Tensor> tensors;
  for (const auto& [name, parameter] : parameters) tensors.push_back(parameter);
  processes.reduce_gradients_of(tensors);
  const at::Tensor inputs = pattern({8, 600}, 4);
  const int64_t rows = 4 / processes.ranks();
  for (int step = 0; step < 3; ++step) {
    evax::train::zero_gradients(parameters);
    for (int64_t micro = 0; micro < 2; ++micro) {
      processes.prepare(micro == 1);
      const at::Tensor batch = inputs.narrow(0, (processes.rank() * 2 + micro) * rows, rows);
      const at::Tensor hidden = at::tanh(at::mm(batch, tensors[0]) * 0.05);
      (at::mm(hidden, tensors[1]) + tensors[2] + tensors[3]).square().sum().backward();
    }
    const c10::AutoGradMode no_gradients(false);
    for (const at::Tensor& tensor : tensors)
      if (tensor.grad().defined()) tensor.sub_(tensor.grad(), 1e-5);
  }
  Json result;
  for (const auto& [name, parameter] : parameters)
    if (parameter.grad().defined())
      result[name] = {parameter.grad().norm().item<double>(), parameter.grad().sum().item<double>(),
                      parameter.grad().flatten()[3].item<double>()};
  return result;
}

// The demonstration's X-rays by what an 8 x 8 picture shows.
Json probe(Distributed& processes) {
  evax::train::ProbeRecipe recipe;
  recipe.data.kind = "folder";
  recipe.data.images = std::string(EVAX_SOURCE_DIR) + "/demo/adult";
  recipe.data.split = evax::data::SplitConfig{"", 0, 0.3, 0};
  evax::weights::Preprocess preprocess;
  preprocess.resize = {32, 32};
  preprocess.crop = 32;
  evax::train::Probe probe(recipe, preprocess, 24, processes);
  return probe.measure([](const evax::data::Batch& batch) {
    auto* data = const_cast<std::byte*>(batch.images.bytes().data());
    const at::Tensor images = at::from_blob(data, batch.images.shape(), at::kFloat);
    return at::adaptive_avg_pool2d(images.select(1, 0), {8, 8}).flatten(1);
  });
}

// The last rank leaves without a word (lost) or stays away from the collective (hangs).
Json lone_sum(Distributed& processes, bool hangs) {
  processes.barrier();
  if (!processes.first() && !hangs) ::_exit(9);
  if (!processes.first()) ::sleep(60);
  at::Tensor tensor = at::ones({2});
  processes.sum(tensor);
  return {};
}

Json lone_backward(Distributed& processes) {
  const at::Tensor weight = pattern({4, 4}, 0).requires_grad_();
  processes.reduce_gradients_of({weight});
  processes.barrier();
  if (!processes.first()) ::_exit(9);
  processes.prepare(true);
  weight.square().sum().backward();
  return {};
}

Json play(const std::string& scenario, Distributed& processes) {
  if (scenario == "collectives") return collectives(processes);
  if (scenario == "gradients") return gradients(processes);
  if (scenario == "probe") return probe(processes);
  if (scenario == "lost") return lone_sum(processes, false);
  if (scenario == "hangs") return lone_sum(processes, true);
  if (scenario == "lost backward") return lone_backward(processes);
  evax::fail("unknown scenario '{}'", scenario);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 3) evax::fail("usage: train_rank SCENARIO SECONDS");
    const auto processes = Distributed::from_environment(false, std::atof(arguments[2]));
    std::puts(play(arguments[1], *processes).dump().c_str());
    processes->barrier();
    return 0;
  } catch (const evax::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
