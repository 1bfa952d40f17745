#include "evax/engine/model.h"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/engine/choice.h"
#include "evax/engine/cpu.h"
#include "evax/engine/explain/grad_cam.h"
#include "evax/engine/explain/rollout.h"
#include "evax/engine/vision_transformer.h"

namespace evax::engine {
namespace {

// Members share an image in multiples of what AMX computes together anyway.
constexpr size_t rows_together = 16;
// Images that a member takes through the network at once, where every member has as many: they
// share the way of the weights through the caches and fill up each other's last tile of rows. As
// long as the residual stream and queries, keys and values of both stay in the second-level cache.
constexpr size_t most_together = 2;
constexpr size_t bytes_together = size_t{2} << 20;

Precision resolved(Precision precision) {
  if (precision == Precision::automatic) return automatic_precision().precision;
  if (precision == Precision::bf16 && !has_bf16())
    fail("this CPU cannot multiply bf16 (it needs AVX-512-BF16); use fp32");
  return precision;
}

}  // namespace

struct Model::Impl {
  weights::ModelConfig config;
  bool quantized;
  Precision precision;
  Kernels kernels;
  VisionTransformer network;
  weights::ModelFile last_layers;  // what Grad-CAM is packed from

  Impl(const weights::ModelFile& file, const Options& options)
      : config(file.metadata.model),
        quantized(file.metadata.quantization.has_value()),
        precision(resolved(options.precision)),
        kernels(select_kernels(precision)),
        network(file, kernels, options.threads == 0 ? available_threads() : options.threads),
        last_layers(engine::last_layers(file)) {}

  /// Packed when it is first asked for.
  const GradCam& cam() const {
    std::call_once(cam_once_, [&] { cam_.emplace(last_layers); });
    return *cam_;
  }

 private:
  mutable std::once_flag cam_once_;
  mutable std::optional<GradCam> cam_;
};

struct Session::Impl {
  std::shared_ptr<const Model> model;
  const weights::ModelConfig& config;
  const VisionTransformer& network;
  Team team;
  std::vector<Workspace> workspaces;  // one for each member, or for all
  std::vector<Buffer> scratch;
  std::vector<Profile> profiles;
  // Made when Grad-CAM and rollout are first asked for.
  std::vector<std::unique_ptr<GradCam::Memory>> cam_memories;  // one for each image at work
  std::vector<GradCam::Scratch> cam_scratch;                   // one for each member
  std::vector<std::unique_ptr<Rollout>> rollouts;              // one for each image at work

  Impl(std::shared_ptr<const Model> shared, size_t threads)
      : model(std::move(shared)),
        config(model->impl_->config),
        network(model->impl_->network),
        team(threads == 0 ? available_threads() : threads),
        profiles(team.size()) {
    for (size_t member = 0; member < team.size(); ++member) {
      if (member == 0 || side_by_side())
        workspaces.push_back(
            network.make_workspace(member == 0 ? team.size() : 1, images_together()));
      scratch.push_back(allocate(network.scratch_bytes()));
    }
  }

  void prepare_cam(const GradCam& cam, size_t images) {
    while (cam_memories.size() < images)
      cam_memories.push_back(std::make_unique<GradCam::Memory>(cam));
    while (cam_scratch.size() < team.size())
      cam_scratch.emplace_back(cam_memories.front()->attention);
  }
  void prepare_rollout(size_t images) {
    while (rollouts.size() < images) rollouts.push_back(std::make_unique<Rollout>(config));
  }

  size_t images_together() const {
    const auto tokens = static_cast<size_t>(config.tokens());
    const auto width = static_cast<size_t>(config.embed_dim);
    const size_t bytes = tokens * width * (sizeof(float) + 3 * model->impl_->kernels.element);
    return side_by_side() && most_together * bytes <= bytes_together ? most_together : 1;
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

  // A job is job(image, member, part, share): a member's part of the work on an image.

  // Whole images, one at a time on each member.
  template <class Job>
  void run_side_by_side(size_t count, const Job& job) {
    std::atomic<size_t> next{0};
    const Rows rows = network.all_rows();
    team.run([&](size_t member) {
      for (size_t i = next++; i < count; i = next++)
        job(i, member, part(member, rows), Share{rows});
    });
  }

  // One image on all members, split by rows.
  template <class Job>
  void run_together(size_t image, const Job& job) {
    const size_t tokens = network.all_rows().end;
    const size_t tiles = (tokens + rows_together - 1) / rows_together;
    const auto row_of = [&](size_t member) {
      return std::min(member * tiles / team.size() * rows_together, tokens);
    };
    team.run([&](size_t member) {
      const Rows rows{row_of(member), row_of(member + 1)};
      job(image, member, part(member, rows), Share{rows, &team, member});
    });
  }

  // Images left over after whole rounds go through together when they would idle half the team.
  size_t together(size_t count) const {
    if (!side_by_side()) return count;
    const size_t left = count % team.size();
    return 2 * left <= team.size() ? left : 0;
  }

  template <class Job>
  void run_jobs(size_t count, const Job& job) {
    const size_t alone = count - together(count);
    if (alone > 0) run_side_by_side(alone, job);
    for (size_t i = alone; i < count; ++i) run_together(i, job);
  }

  // Which workspace a member's image has, and how many are in use.
  static size_t place(size_t member, const Share& share) {
    return share.team == nullptr ? member : 0;
  }
  size_t places(size_t count) const { return count > together(count) ? team.size() : 1; }

  // The next images for a member: a whole group while there is one for each, else one or none.
  Rows take(std::atomic<size_t>& next, size_t count, bool in_groups) const {
    size_t first = next;
    size_t last = first;
    do {
      const size_t left = count - std::min(first, count);
      const size_t most = in_groups ? images_together() : 1;
      last = first + (left >= most * team.size() ? most : std::min<size_t>(left, 1));
    } while (!next.compare_exchange_weak(first, last));
    return {first, last};
  }

  // outputs(i): of image i. In groups: some images may go through the network together.
  template <class OutputsOf>
  void run(const float* images, size_t count, bool in_groups, const OutputsOf& outputs) {
    const size_t alone = count - together(count);
    std::atomic<size_t> next{0};
    if (alone > 0)
      team.run([&](size_t member) {
        for (Rows group = take(next, alone, in_groups); group.count() > 0;
             group = take(next, alone, in_groups)) {
          std::array<ImageOutputs, most_together> each;
          for (size_t i = 0; i < group.count(); ++i) each[i] = outputs(group.begin + i);
          network(image_of(images, group.begin), workspaces[member],
                  part(member, network.all_rows(group.count())), nullptr,
                  std::span(each).first(group.count()));
        }
      });
    for (size_t i = alone; i < count; ++i)
      run_together(i, [&](size_t image, size_t /*member*/, const Part& part, const Share& share) {
        const ImageOutputs of_image = outputs(image);
        network(image_of(images, image), workspaces[0], part, share.team, std::span(&of_image, 1));
      });
  }
};

Model::Model(const weights::ModelFile& file, const Options& options)
    : impl_(std::make_unique<Impl>(file, options)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;

const weights::ModelConfig& Model::config() const { return impl_->config; }
Precision Model::precision() const { return impl_->precision; }
size_t Model::bytes() const { return impl_->network.bytes(); }

std::string Model::description() const {
  const Kernels& kernels = impl_->kernels;
  const std::string floats = fmt::format(
      "{} {}", impl_->precision == Precision::bf16 ? "bf16" : "fp32", kernels.gemm->name);
  return impl_->quantized ? fmt::format("int8 {} and {}", kernels.gemm_int8->name, floats) : floats;
}

Session::Session(std::shared_ptr<const Model> model, size_t threads)
    : impl_(std::make_unique<Impl>(std::move(model), threads)) {}
Session::Session(const weights::ModelFile& file, const Options& options)
    : Session(std::make_shared<const Model>(file, options), options.threads) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const Model& Session::model() const { return *impl_->model; }
const weights::ModelConfig& Session::config() const { return impl_->config; }
size_t Session::threads() const { return impl_->team.size(); }

size_t Session::bytes() const {
  size_t bytes = impl_->scratch.size() * impl_->network.scratch_bytes();
  for (const Workspace& workspace : impl_->workspaces) bytes += workspace.bytes();
  return bytes;
}

void Session::forward(const float* images, size_t count, const Outputs& outputs) const {
  impl_->run(images, count, true, [&](size_t image) { return impl_->outputs_of(outputs, image); });
}

void Session::tokens(const float* images, std::span<const std::vector<uint32_t>> rows,
                     float* tokens) const {
  const auto width = static_cast<size_t>(impl_->config.embed_dim);
  std::vector<size_t> first(rows.size() + 1);
  for (size_t image = 0; image < rows.size(); ++image)
    first[image + 1] = first[image] + rows[image].size();
  impl_->run(images, rows.size(), false, [&](size_t image) {
    return ImageOutputs{.tokens = tokens + first[image] * width, .rows = rows[image]};
  });
}

void Session::grad_cam(const float* images, size_t count, std::span<const int> classes,
                       const CamOutputs& outputs) const {
  const auto& config = impl_->config;
  if (config.num_classes == 0 || config.decoder)
    fail("Grad-CAM needs a model that classifies, found one {}",
         config.decoder ? "that segments" : "without a head");
  for (const int index : classes)
    if (index != top_class && (index < 0 || index >= config.num_classes))
      fail("Grad-CAM: expected a class from 0 to {}, found {}", config.num_classes - 1, index);
  const GradCam& cam = impl_->model->impl_->cam();
  impl_->prepare_cam(cam, impl_->places(count));
  const auto at = [](float* base, size_t image, size_t size) {
    return base == nullptr ? nullptr : base + image * size;
  };
  const auto patches = static_cast<size_t>(config.tokens() - 1);
  const auto width = static_cast<size_t>(config.embed_dim);
  impl_->run_jobs(count, [&](size_t image, size_t member, const Part& part, const Share& share) {
    const size_t place = Impl::place(member, share);
    Workspace& workspace = impl_->workspaces[place];
    impl_->network.enter(static_cast<size_t>(config.depth) - 1, impl_->image_of(images, image),
                         workspace, part, share.team);
    cam(workspace.x, *impl_->cam_memories[place], impl_->cam_scratch[member], share, classes,
        {at(outputs.raw, image, classes.size() * patches),
         at(outputs.weights, image, classes.size() * width),
         at(outputs.logits, image, static_cast<size_t>(config.num_classes))});
  });
}

void Session::attention(const float* images, size_t count, size_t layer,
                        std::span<const uint32_t> rows, float* weights) const {
  const auto& config = impl_->config;
  const auto tokens = static_cast<size_t>(config.tokens());
  const auto heads = static_cast<size_t>(config.num_heads);
  if (layer >= static_cast<size_t>(config.depth))
    fail("attention: expected a layer from 0 to {}, found {}", config.depth - 1, layer);
  for (const uint32_t row : rows)
    if (row >= tokens) fail("attention: expected a token from 0 to {}, found {}", tokens - 1, row);
  impl_->run_jobs(count, [&](size_t image, size_t member, const Part& part, const Share& share) {
    Workspace& workspace = impl_->workspaces[Impl::place(member, share)];
    impl_->network.enter(layer, impl_->image_of(images, image), workspace, part, share.team);
    impl_->network.begin(layer, workspace, part, share.team);
    for (size_t head = 0; head < heads; ++head)
      for (size_t i = share.member; i < rows.size(); i += share.members())
        impl_->network.attention(layer, workspace, head, {rows[i], rows[i] + 1}, part.scratch,
                                 weights + ((image * heads + head) * rows.size() + i) * tokens,
                                 tokens);
  });
}

void Session::rollout(const float* images, size_t count, float* rollout) const {
  impl_->prepare_rollout(impl_->places(count));
  const auto tokens = static_cast<size_t>(impl_->config.tokens());
  impl_->run_jobs(count, [&](size_t image, size_t member, const Part& part, const Share& share) {
    const size_t place = Impl::place(member, share);
    (*impl_->rollouts[place])(impl_->network, impl_->image_of(images, image),
                              impl_->workspaces[place], part, share,
                              rollout + image * tokens * tokens);
  });
}

std::vector<StageTime> Session::profile() const {
  std::vector<StageTime> stages;
  for (size_t i = 0; i < stage_names.size(); ++i) {
    double seconds = 0;
    for (const Profile& profile : impl_->profiles)
      seconds += profile.seconds(static_cast<Stage>(i));
    stages.push_back({stage_names[i], seconds});
  }
  return stages;
}

std::string kernel_name(Precision precision, bool int8) {
  const Kernels kernels = select_kernels(precision);
  return (int8 ? kernels.gemm_int8 : kernels.gemm)->name;
}

std::string kernels() {
  std::string text = fmt::format("fp32: {}", select_kernels(Precision::fp32).gemm->name);
  if (has_bf16()) text += fmt::format(", bf16: {}", select_kernels(Precision::bf16).gemm->name);
  text += fmt::format(", int8: {}", select_kernels(Precision::fp32).gemm_int8->name);
  if (const std::string refusal = amx_refusal(); !refusal.empty()) text += "; " + refusal;
  return text + "\nauto: " + automatic_precision().reason;
}

}  // namespace evax::engine
