#include "evax/train/pretraining/masked_image_modelling.h"

#include <ATen/ATen.h>

#include <chrono>
#include <set>

namespace evax::train {
namespace {

// Every second patch: the same for every image and epoch.
const data::MaskConfig validation_mask{"alternating", 1, 1};

int64_t floats_of(int64_t side) { return 3 * side * side; }

}  // namespace

LossSum masked_loss(const at::Tensor& predictions, const at::Tensor& targets, bool pixels) {
  const at::Tensor count = at::full({}, predictions.size(0), targets.options().dtype(at::kDouble));
  const at::Tensor found = predictions.to(at::kFloat);
  const at::Tensor wanted = targets.to(at::kFloat);
  if (pixels) return {(found - wanted).square().mean(1).sum(), count};
  return {-at::cosine_similarity(found, wanted, -1, 1e-8).sum(), count};
}

MaskedImageModelling::MaskedImageModelling(std::shared_ptr<nn::MaskedVisionTransformer> student,
                                           std::unique_ptr<Teacher> teacher, const Recipe& recipe,
                                           const at::Device& device, Precision precision)
    : student_(std::move(student)),
      teacher_(std::move(teacher)),
      optim_(recipe.optim),
      mask_(recipe.mask),
      pixels_(recipe.teacher.target == "pixels"),
      device_(device),
      precision_(precision) {
  data::check_mask(mask_, student_->config().grid());
  student_->to(device);
}

NamedParameters MaskedImageModelling::parameters() {
  NamedParameters parameters;
  for (const auto& item : student_->named_parameters())
    parameters.emplace_back(item.key(), item.value());
  return parameters;
}

// mask_token is decayed, as in the original (spec B.6).
std::vector<Group> MaskedImageModelling::groups() {
  std::vector<Group> groups;
  for (const auto& [name, parameter] : parameters())
    groups.push_back(layer_decay_group(name, parameter, student_->config().depth,
                                       optim_.layer_decay, optim_.weight_decay));
  return groups;
}

Shape MaskedImageModelling::row_shape() const {
  const int64_t size = student_->config().image_size;
  const int64_t view = teacher_->view_size();
  if (view == size) return {3, size, size};
  return {floats_of(size) + floats_of(view)};
}

MaskedImageModelling::Views MaskedImageModelling::views(const data::Batch& batch) const {
  auto* data =
      const_cast<std::byte*>(batch.images.bytes().data());  // from_blob has no const version
  at::Tensor rows = at::from_blob(data, batch.images.shape(), at::kFloat);
  if (!device_.is_cpu()) rows = rows.pin_memory().to(device_, /*non_blocking=*/true);
  if (rows.dim() == 4) return {rows, rows};
  const int64_t size = student_->config().image_size;
  const int64_t view = teacher_->view_size();
  return {rows.narrow(1, 0, floats_of(size)).unflatten(1, {3, size, size}),
          rows.narrow(1, floats_of(size), floats_of(view)).unflatten(1, {3, view, view})};
}

at::Tensor MaskedImageModelling::hidden_of(const data::MaskConfig& mask, const data::Batch& batch,
                                           const data::Key& key) const {
  const int grid = student_->config().grid();
  std::set<uint32_t> unreadable;
  for (const auto& [sample, reason] : batch.unreadable) unreadable.insert(sample);
  std::vector<int64_t> hidden;
  for (size_t row = 0; row < batch.samples.size(); ++row) {
    const uint32_t sample = batch.samples[row];
    if (unreadable.contains(sample)) continue;
    const auto cells = data::draw_mask(mask, grid, {key.seed, key.epoch, sample});
    for (size_t cell = 0; cell < cells.size(); ++cell)
      if (cells[cell] != 0) hidden.push_back(static_cast<int64_t>(row * cells.size() + cell));
  }
  return at::tensor(hidden, at::kLong).to(device_);
}

LossSum MaskedImageModelling::loss(const data::Batch& batch, const data::Key& key) {
  const Views images = views(batch);
  const at::Tensor hidden = hidden_of(mask_, batch, key);
  const auto start = std::chrono::steady_clock::now();
  const at::Tensor targets = teacher_->targets(images.teacher, hidden);
  const std::chrono::duration<double> taught = std::chrono::steady_clock::now() - start;

  at::Tensor keep;
  if (student_->options().drop_path > 0)
    keep = nn::drop_path_factors(student_->options(), student_->config().depth, key.seed, key.epoch,
                                 batch.samples)
               .to(device_);
  at::Tensor predictions;
  {
    const Autocast autocast(precision_, device_.type());
    predictions = student_->predict(images.student, hidden, keep);
  }
  LossSum loss = masked_loss(predictions, targets, pixels_);
  loss.target_seconds = taught.count();
  return loss;
}

double MaskedImageModelling::full_count(size_t rows) const {
  const int patches = student_->config().tokens() - 1;
  const int hidden = mask_.kind == "alternating" ? (patches + 1) / 2 : mask_.patches;
  return static_cast<double>(rows) * hidden;
}

LossSum MaskedImageModelling::validation_loss(const data::Batch& batch) {
  const at::NoGradGuard no_grad;
  const Views images = views(batch);
  const at::Tensor hidden = hidden_of(validation_mask, batch, {});
  return masked_loss(student_->predict(images.student, hidden),
                     teacher_->targets(images.teacher, hidden), pixels_);
}

at::Tensor MaskedImageModelling::features(const data::Batch& batch) {
  const at::NoGradGuard no_grad;
  return student_->features(views(batch).student).cpu();
}

MaskedImageModelling::Predicted MaskedImageModelling::predicted(const data::Batch& batch,
                                                                const data::Key& key) {
  const at::NoGradGuard no_grad;
  const Views images = views(batch);
  const at::Tensor hidden = hidden_of(mask_, batch, key);
  const at::Tensor cosine =
      at::cosine_similarity(student_->predict(images.student, hidden),
                            teacher_->targets(images.teacher, hidden), -1, 1e-8);
  return {hidden.cpu(), cosine.cpu()};
}

}  // namespace evax::train
