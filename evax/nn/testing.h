#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "evax/nn/vision_transformer.h"

namespace evax::nn::testing {

/// A file of tests/fixtures.
std::string fixture(const std::string& name);
/// A file of the fixtures that are not in the repository; empty where it is absent.
std::string shared_fixture(const std::string& name);

at::Tensor read_tensor(const std::string& npy_path);
/// The arrays of a .npz file by name.
std::map<std::string, at::Tensor> read_arrays(const std::string& npz_path);

/// A network of two blocks, 64 px and 5 classes.
weights::ModelConfig small_config(bool base = false);
/// The same numbers at every call.
at::Tensor images_for(const weights::ModelConfig& config, int64_t count);
/// Fresh weights, but with a head whose logits say something.
void randomise(Network& model, uint64_t seed);

/// evax's name for a parameter of an official segmentation model.
std::string own_name(const std::string& mmseg_name);

double largest_difference(const at::Tensor& a, const at::Tensor& b);
/// Under bfloat16's autocast the logits are those of the head in float32 on what it is given.
void expect_exact_scores(Network& network, const at::Tensor& images);
/// The gradients that the loss leaves; undefined where there is none.
std::map<std::string, at::Tensor> gradients_of(Network& model, const at::Tensor& loss);

}  // namespace evax::nn::testing
