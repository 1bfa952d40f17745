#pragma once

#include <string>
#include <vector>

#include "evax/data/augment/augment.h"
#include "evax/data/augment/mask.h"
#include "evax/data/config.h"
#include "evax/train/recipe/segmentation_recipe.h"
#include "evax/weights/config.h"

namespace evax::train {

/// [model]
struct ModelRecipe {
  std::string arch = "eva_x_small";  // eva_x_{tiny,small,base}, vit_{tiny,small,base}, resnet50,
                                     // densenet121; or "eva_x", "vit" with the sizes below
  int image_size = 224;
  // Transformers. The published ones have the sizes that they have.
  int embed_dim = 0, depth = 0, num_heads = 0, mlp_hidden = 0;
  double drop_path = 0.2;
  bool stop_grad_conv1 = false;  // classify: no gradient; pretrain: a tenth of it (spec B.3)
  int frozen = 0;  // segment: the first blocks (layers of a ResNet) that do not learn,
                   // with all before them
  bool checkpoint_blocks = false;          // less memory, more time
  bool sub_ln = false, qkv_split = false;  // EVA-X
  int rope_ref_grid = 14;                  // EVA-X
  std::string pool = "avg";                // ViT: avg | token
  std::string init = "random";             // a model file, an importable checkpoint, or "random"
  std::string fc_norm =
      "from_norm";               // from_norm (timm) | fresh (official, spec H 4), from a MIM file
  std::string lm_head = "keep";  // keep | fresh: of the init, when pre-training continues from it
};

/// [optim]
struct OptimRecipe {
  std::string optimizer = "adamw";  // adamw | sgd
  double lr = 1e-3;
  std::vector<double> betas{0.9, 0.999};
  double eps = 1e-8;
  double momentum = 0.9;  // sgd
  double weight_decay = 0.05;
  double layer_decay = 0.55;          // 1: none
  double clip_grad = 0;               // global norm; 0: off
  std::string schedule = "constant";  // constant | cosine | linear | poly
  double poly_power = 1;
  std::string poly_by = "step";  // step | epoch
  double warmup_epochs = 0;
  int64_t warmup_steps = 0;       // wins over warmup_epochs where positive
  double warmup_ratio = 0;        // of lr at step 0
  bool warmup_inclusive = false;  // whether its last step has lr itself (pre-training), or the one
                                  // after it (classification)
  double min_lr = 0;
  double epochs = 30;    // whole
  int64_t steps = 0;     // wins over epochs where positive
  int batch_size = 256;  // per process and micro-step
  int accumulate = 1;
  double label_smoothing = 0;
  std::vector<double> class_weights;  // per class: of the positive term (BCE: pos_weight), of the
                                      // class (cross entropy)
  double ema = 0;                     // decay of the averaged weights; 0: off
  std::string loss_mean = "global";   // global | local (design.md, Means over ranks)
};

/// [run]
struct RunRecipe {
  uint64_t seed = 0;
  std::string device = "auto";          // auto | cpu | cuda | cuda:i
  std::string precision = "auto";       // auto | fp32 | bf16 | fp16
  int eval_every = 1;                   // epochs
  std::string protocol = "validation";  // validation | paper
  int repeats = 1;                      // seeds seed, seed + 1, ...
  double checkpoint_minutes = 10;       // 0: off
  int64_t checkpoint_steps = 0;         // 0: off
  int threads = 0;                      // for mathematics; 0: all
  double log_seconds = 10;              // between lines of progress
  double timeout_seconds = 300;  // of a collective operation: after it a lost rank ends all ranks
};

/// [teacher], pre-training only: the frozen tokenizer whose tokens the student predicts (spec B.4).
struct TeacherRecipe {
  std::string target =
      "tokens";       // tokens | pixels: a patch's own pixels, normalised; no model then
  std::string model;  // a model file or an importable checkpoint (MGCA, EVA-CLIP, ...)
  std::string normalization = "corpus";  // corpus: [preprocess]'s mean and std | own: the teacher's
  std::string patch = "view";  // when its patches are not the student's: view (patch 14: a view of
                               // 196 pixels for a 14 x 14 grid) | kernel (resized to the patch)
  std::string backend = "auto";  // auto | engine | torch
  int num_heads = 0;             // 0: as the file says, or the published model of that width has
};

/// [probe], pre-training only: what the features are worth on labelled images while they are learnt
/// (k nearest neighbours, a linear classifier). Off without a kind of data.
struct ProbeRecipe {
  data::DataConfig data;  // [probe.data]; its train list is learnt from, its test list (else its
                          // val list) is scored on
  int every = 10;         // epochs; the last one is probed always
  int neighbours = 20;    // k, fewer where a list is shorter
};

/// [provenance]: what goes into the model file as it is written here; empty: nothing.
struct ProvenanceRecipe {
  std::string data, licence, note;
};

/// A whole experiment (design.md, Recipe). Every key has a default, which may depend on the task
/// and the kind of data; load_recipe resolves them all.
struct Recipe {
  std::string task = "classify";
  ModelRecipe model;
  data::DataConfig data;
  weights::Preprocess
      preprocess;  // resolved from the model and data kind where [preprocess] is silent
  data::AugmentConfig augment;
  OptimRecipe optim;
  TeacherRecipe teacher;
  data::MaskConfig mask;  // pre-training only
  ProbeRecipe probe;
  DecoderRecipe decoder;  // segmentation only
  SegmentationLoss loss;
  RunRecipe run;
  ProvenanceRecipe provenance;
};

/// Reads a TOML file and applies `overrides` ("optim.lr=1e-4"). Relative paths stay relative to the
/// working directory. Throws Error: file, key, what was expected, what was found; an unknown key
/// names the nearest valid one.
Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides);

/// The recipe with every key written out, as recipe.toml of a run folder.
std::string to_toml(const Recipe& recipe);
/// Reads the text that to_toml writes (a run folder's recipe.toml).
Recipe parse_recipe(const std::string& toml, const std::string& name,
                    const std::vector<std::string>& overrides = {});
/// "optim.lr: 0.001 -> 0.0001" for every key that differs.
std::vector<std::string> difference(const Recipe& before, const Recipe& after);

/// The network that [model] describes, for `classes` outputs.
weights::ModelConfig model_config(const ModelRecipe& recipe, int classes);
/// The same with the decoder of a segmentation behind it.
weights::ModelConfig model_config(const Recipe& recipe, int classes);

}  // namespace evax::train
