#!/bin/sh
# The study of docs/pretraining.md: about 2.5 CPU-hours, two trainings of one thread at a time. Started again, it goes on.
#
#     demo/pretraining/run.sh DATA [RUNS]
#
# DATA holds the pictures that the lists name (docs/pretraining.md says where they come from).
set -eu
data=$1
runs=${2:-runs/pretraining}
evax=${EVAX_TRAIN:-build/bin/evax-train}
recipes=recipes/demo/pretraining

train() { # RUN RECIPE OVERRIDES...
  run=$runs/$1 recipe=$2
  shift 2
  mkdir -p "$runs"
  "$evax" train "$recipes/$recipe.toml" "$@" --run "$run" --resume auto > "$run.log" 2>&1
  test -f "$run/metrics.json" || test -f "$run/summary.json" # not so after a signal
}

both() { # two at once, each of one thread
  first=0 second=0
  eval "$1" & one=$!
  eval "$2" & two=$!
  wait $one || first=$?
  wait $two || second=$?
  test $first = 0 && test $second = 0
}

finetune() { # NAME INIT OVERRIDES...
  name=$1 init=$2
  shift 2
  labels="data.images='$data/classification'"
  train "finetune_${name}_100" finetune "$labels" "model.init='$init'" "$@"
  # As many steps, from a tenth of the images: ten times the epochs.
  train "finetune_${name}_10" finetune "$labels" "model.init='$init'" data.fraction=0.1 run.eval_every=25 "$@"
}

probe() { # NAME INIT: k-NN and linear probe of features as they are
  train "probe_$1" pixels "data.images='$data'" "probe.data.images='$data/classification'" "model.init='$2'" optim.epochs=0 optim.warmup_epochs=0
}

pixels() { train pixels pixels "data.images='$data'" "probe.data.images='$data/classification'"; }
teacher_and_mim() {
  train teacher teacher "data.images='$data'"
  train mim mim "data.images='$data'" "probe.data.images='$data/classification'" "teacher.model='$runs/teacher/best.safetensors'"
}

both pixels teacher_and_mim
both "finetune mim '$runs/mim/last.safetensors' && probe teacher '$runs/teacher/best.safetensors'" \
     "finetune pixels '$runs/pixels/last.safetensors' && probe random random"
both "finetune teacher '$runs/teacher/best.safetensors'" \
     "finetune random random optim.layer_decay=1.0"
