"""Learning rates of torch's OneCycleLR: writes objective/one_cycle.json. (TensorFlow and torch do not share a process.)

Run: python make_one_cycle_reference.py     (made with torch 2.15)
"""

import json
import pathlib

import torch


def one_cycle(total, share):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, total_steps=total, pct_start=share, cycle_momentum=False
    )
    values = []
    for _ in range(total):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step() if len(values) < total else None
    return values


cases = {"one-cycle": one_cycle(40, 0.3), "one-cycle-warmup-10": one_cycle(40, 0.25)}
folder = pathlib.Path(__file__).parent / "objective"
folder.mkdir(exist_ok=True)
(folder / "one_cycle.json").write_text(json.dumps(cases) + "\n")
