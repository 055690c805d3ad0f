// TrainerCommand
