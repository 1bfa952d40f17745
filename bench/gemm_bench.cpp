// The engine's matrix products beside oneDNN's at EVA-X's shapes, one thread, weights packed once,
// the engine's rows as far apart as it lays them (padded_stride):
//   OMP_NUM_THREADS=1 evax_gemm_bench --benchmark_enable_random_interleaving=true
//     --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
// (Debian: libdnnl-dev. Why the engine does without oneDNN: docs/benchmarks.md.)

#include <benchmark/benchmark.h>

#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <random>
#include <string>
#include <vector>

#include "evax/core/float16.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/memory.h"

namespace {

namespace kernel = evax::engine::kernel;

constexpr int rows = 197;  // tokens of an image of 224 pixels

struct Shape {
  const char* name;
  int k, columns;
};
constexpr Shape shapes[] = {
    {"Ti qkv", 192, 576}, {"Ti proj", 192, 192}, {"Ti fc1", 192, 1024}, {"Ti fc2", 512, 192},
    {"S qkv", 384, 1152}, {"S proj", 384, 384},  {"S fc1", 384, 2048},  {"S fc2", 1024, 384},
    {"B qkv", 768, 2304}, {"B proj", 768, 768},  {"B fc1", 768, 4096},  {"B fc2", 2048, 768},
};

// Random activations, weights and bias, and room for a result of whole panels.
struct Product {
  Shape shape;
  std::vector<float> x, weights, bias;
  std::vector<uint16_t> x_bf16;
  std::vector<float> y;

  explicit Product(const Shape& its_shape) : shape(its_shape) {
    std::mt19937 generator(1);
    std::normal_distribution<float> normal(0, 0.1F);
    const auto fill = [&](std::vector<float>& values, size_t size) {
      values.resize(size);
      for (float& value : values) value = normal(generator);
    };
    fill(x, size_t{rows} * shape.k);
    fill(weights, size_t(shape.columns) * shape.k);
    fill(bias, shape.columns + 64);
    for (const float value : x) x_bf16.push_back(evax::float_to_bf16(value));
    y.resize(size_t{rows} * (shape.columns + 64));
  }
};

void count_flops(benchmark::State& state, const Shape& shape) {
  state.counters["flops"] = benchmark::Counter(2.0 * rows * shape.k * shape.columns,
                                               benchmark::Counter::kIsIterationInvariantRate);
}

void run_evax(benchmark::State& state, const Shape& shape, bool bf16) {
  Product product(shape);
  const kernel::Gemm& gemm = bf16 ? kernel::gemm_bf16() : kernel::gemm_f32();
  const size_t k = shape.k;
  const size_t columns = (shape.columns + gemm.panel - 1) / gemm.panel * gemm.panel;
  std::vector<const float*> sources(columns, nullptr);
  for (int i = 0; i < shape.columns; ++i) sources[i] = &product.weights[i * k];
  std::vector<std::byte> room(gemm.packed_bytes(columns, k) + 64);
  void* packed = room.data();
  size_t space = room.size();
  std::align(64, space - 64, packed, space);
  gemm.pack(sources.data(), columns, k, packed);
  const size_t element = bf16 ? sizeof(uint16_t) : sizeof(float);
  const size_t stride = evax::engine::padded_stride(k, element);
  std::vector<std::byte> x(rows * stride * element);
  const auto* dense = bf16 ? reinterpret_cast<const std::byte*>(product.x_bf16.data())
                           : reinterpret_cast<const std::byte*>(product.x.data());
  for (size_t row = 0; row < rows; ++row)
    std::memcpy(&x[row * stride * element], dense + row * k * element, k * element);
  const kernel::GemmCall call{
      x.data(), stride,  packed, product.bias.data(),    product.y.data(), columns,
      rows,     columns, k,      kernel::Epilogue::store};
  for (auto _ : state) gemm.run(call);
  count_flops(state, shape);
}

void run_onednn(benchmark::State& state, const Shape& shape, bool bf16) {
  using dnnl::memory;
  using tag = memory::format_tag;
  const auto type = bf16 ? memory::data_type::bf16 : memory::data_type::f32;
  const auto f32 = memory::data_type::f32;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  Product product(shape);
  const dnnl::matmul::primitive_desc description(
      dnnl::matmul::desc(
          {{rows, shape.k}, type, tag::ab}, {{shape.k, shape.columns}, type, tag::any},
          {{1, shape.columns}, f32, tag::ab}, {{rows, shape.columns}, type, tag::ab}),
      engine);
  memory plain({{shape.k, shape.columns}, f32, tag::ba}, engine, product.weights.data());
  memory packed(description.weights_desc(), engine);
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  void* x_data = bf16 ? static_cast<void*>(product.x_bf16.data()) : product.x.data();
  memory x({{rows, shape.k}, type, tag::ab}, engine, x_data);
  memory bias({{1, shape.columns}, f32, tag::ab}, engine, product.bias.data());
  memory y({{rows, shape.columns}, type, tag::ab}, engine, product.y.data());
  const dnnl::matmul matmul(description);
  for (auto _ : state) {
    matmul.execute(
        stream,
        {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, y}});
    stream.wait();
  }
  count_flops(state, shape);
}

}  // namespace

int main(int argc, char** argv) {
  for (const bool bf16 : {false, true})
    for (const Shape& shape : shapes) {
      const std::string name = std::string(bf16 ? "bf16 " : "fp32 ") + shape.name;
      benchmark::RegisterBenchmark((name + " evax").c_str(), run_evax, shape, bf16);
      benchmark::RegisterBenchmark((name + " oneDNN").c_str(), run_onednn, shape, bf16);
    }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
