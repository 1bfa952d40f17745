#include "evax/engine/model.h"

#include <fmt/format.h>

#include <vector>

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/engine/cpu.h"
#include "evax/engine/vision_transformer.h"

namespace evax::engine {
namespace {

Precision resolved(Precision precision) {
  if (precision == Precision::automatic) return has_bf16() ? Precision::bf16 : Precision::fp32;
  if (precision == Precision::bf16 && !has_bf16())
    fail("this CPU cannot multiply bf16 (it needs AVX-512-BF16); use fp32");
  return precision;
}

}  // namespace

struct Model::Impl {
  weights::ModelConfig config;
  Precision precision;
  Kernels kernels;
  VisionTransformer network;
  Team team;
  std::vector<Workspace> workspaces;  // one for each member, or for all
  std::vector<Buffer> scratch;
  std::vector<Profile> profiles;

  Impl(const weights::ModelFile& file, const Options& options)
      : config(file.metadata.model),
        precision(resolved(options.precision)),
        kernels(select_kernels(precision)),
        network(file, kernels),
        team(options.threads == 0 ? available_threads() : options.threads),
        profiles(team.size()) {
    for (size_t member = 0; member < team.size(); ++member) {
      if (member == 0 || side_by_side())
        workspaces.push_back(network.make_workspace(member == 0 ? team.size() : 1));
      scratch.push_back(allocate(network.scratch_bytes()));
    }
  }

  // A decoder's maps are large: one image at a time, on all members.
  bool side_by_side() const { return !config.decoder; }

  ImageOutputs outputs_of(const Outputs& outputs, size_t image) const {
    const auto at = [&](float* base, int64_t size) {
      return base == nullptr ? nullptr : base + static_cast<int64_t>(image) * size;
    };
    const int64_t pixels =
        config.decoder ? int64_t{config.image_size} * config.image_size : int64_t{1};
    return {at(outputs.logits, config.num_classes * pixels),
            at(outputs.features, config.embed_dim),
            at(outputs.tokens, int64_t{config.tokens()} * config.embed_dim),
            {}};
  }

  const float* image_of(const float* images, size_t image) const {
    const auto side = static_cast<size_t>(config.image_size);
    return images + image * 3 * side * side;
  }

  Part part(size_t member, Rows rows) { return {rows, scratch[member].get(), &profiles[member]}; }

  // Whole images, one at a time on each member.
  template <class OutputsOf>
  void run_side_by_side(const float* images, size_t count, const OutputsOf& outputs) {
    std::atomic<size_t> next{0};
    team.run([&](size_t member) {
      for (size_t i = next++; i < count; i = next++)
        network(image_of(images, i), workspaces[member], part(member, network.all_rows()), nullptr,
                outputs(i));
    });
  }

  // One image on all members, split by rows.
  void run_together(const float* image, const ImageOutputs& outputs) {
    const size_t tokens = network.all_rows().end;
    team.run([&](size_t member) {
      const Rows rows{member * tokens / team.size(), (member + 1) * tokens / team.size()};
      network(image, workspaces[0], part(member, rows), &team, outputs);
    });
  }

  // Images left over after whole rounds go through together when they would idle half the team.
  template <class OutputsOf>
  void run(const float* images, size_t count, const OutputsOf& outputs) {
    const size_t left = count % team.size();
    const size_t together = !side_by_side() ? count : 2 * left <= team.size() ? left : 0;
    if (count > together) run_side_by_side(images, count - together, outputs);
    for (size_t i = count - together; i < count; ++i) run_together(image_of(images, i), outputs(i));
  }
};

Model::Model(const weights::ModelFile& file, const Options& options)
    : impl_(std::make_unique<Impl>(file, options)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

void Model::forward(const float* images, size_t count, const Outputs& outputs) const {
  impl_->run(images, count, [&](size_t image) { return impl_->outputs_of(outputs, image); });
}

void Model::tokens(const float* images, std::span<const std::vector<uint32_t>> rows,
                   float* tokens) const {
  const auto width = static_cast<size_t>(impl_->config.embed_dim);
  std::vector<size_t> first(rows.size() + 1);
  for (size_t image = 0; image < rows.size(); ++image)
    first[image + 1] = first[image] + rows[image].size();
  impl_->run(images, rows.size(), [&](size_t image) {
    return ImageOutputs{.tokens = tokens + first[image] * width, .rows = rows[image]};
  });
}

const weights::ModelConfig& Model::config() const { return impl_->config; }
Precision Model::precision() const { return impl_->precision; }
size_t Model::threads() const { return impl_->team.size(); }

std::string Model::description() const {
  return fmt::format("{} {}", impl_->precision == Precision::bf16 ? "bf16" : "fp32",
                     impl_->kernels.gemm->name);
}

std::vector<StageTime> Model::profile() const {
  std::vector<StageTime> stages;
  for (size_t i = 0; i < stage_names.size(); ++i) {
    double seconds = 0;
    for (const Profile& profile : impl_->profiles)
      seconds += profile.seconds(static_cast<Stage>(i));
    stages.push_back({stage_names[i], seconds});
  }
  return stages;
}

std::string kernels() {
  std::string text = fmt::format("fp32: {}", select_kernels(Precision::fp32).gemm->name);
  if (has_bf16()) text += fmt::format(", bf16: {}", select_kernels(Precision::bf16).gemm->name);
  return text;
}

}  // namespace evax::engine
