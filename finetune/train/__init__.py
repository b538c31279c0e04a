"""What `tellergraph finetune train` does; `finetune/train/run.py` is where to begin reading."""
