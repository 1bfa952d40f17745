#include "evax/train/tasks/probe/knn.h"

#include <ATen/ATen.h>

#include <limits>

#include "evax/train/tasks/probe/spread.h"

namespace evax::train {
namespace {

constexpr double temperature = 0.07;
constexpr int64_t block_rows = 256;  // similarities in memory: this by N

/// Of the images that may vote for a class, the nearest to each row.
struct Nearest {
  at::Tensor weight, index;  // [rows, k]
};

Nearest nearest(const at::Tensor& similarity, int64_t neighbours) {
  const auto [similar, index] = similarity.topk(std::min(neighbours, similarity.size(1)));
  return {(similar / temperature).exp(), index};
}

class Voters {
 public:
  explicit Voters(const at::Tensor& labels)
      : labels_(labels.nan_to_num(0)), unknown_(labels.isnan()) {}

  at::Tensor votes(const at::Tensor& similarity, int64_t neighbours) const {
    const Nearest of_all = nearest(similarity, neighbours);
    std::vector<at::Tensor> columns;
    for (int64_t c = 0; c < labels_.size(1); ++c) {
      const at::Tensor unknown = unknown_.select(1, c);
      const Nearest voters =
          unknown.any().item<bool>() ? nearest_known(similarity, unknown, neighbours) : of_all;
      const at::Tensor votes = labels_.select(1, c).take(voters.index);
      columns.push_back((voters.weight * votes).sum(1) / voters.weight.sum(1));
    }
    return at::stack(columns, 1);
  }

 private:
  static Nearest nearest_known(const at::Tensor& similarity, const at::Tensor& unknown,
                               int64_t neighbours) {
    constexpr double never = -std::numeric_limits<double>::infinity();
    return nearest(similarity.masked_fill(unknown, never), neighbours);
  }

  at::Tensor labels_, unknown_;
};

}  // namespace

at::Tensor nearest_neighbour_votes(const LabelledFeatures& known, const at::Tensor& features,
                                   int64_t neighbours) {
  const Voters voters(known.labels);
  const at::Tensor reference = unit_length(known.features).t();
  std::vector<at::Tensor> votes;
  for (const at::Tensor& block : unit_length(features).split(block_rows))
    votes.push_back(voters.votes(at::mm(block, reference), neighbours));
  return at::cat(votes);
}

}  // namespace evax::train
