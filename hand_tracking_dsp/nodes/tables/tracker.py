"""The parameters of hand_tracker_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, BANK, qos

TRACKER: tuple[Parameter, ...] = (
    AUTOSTART,
    BANK,
    Parameter("detector", "", "Palm detector of the bank, by name; empty: the bank's first."),
    Parameter("level", 0, "Sparsity level until a command arrives; 0: dense.", low=0, high=255),
    Parameter("backend", "onnxruntime", "Inference backend.", choices=("onnxruntime", "openvino")),
    Parameter(
        "providers",
        ("tensorrt", "cuda", "cpu"),
        "Execution providers of ONNX Runtime, the first that the machine has is used.",
        choices=("tensorrt", "cuda", "cpu"),
    ),
    Parameter("device", "CPU", "Device of OpenVINO: CPU, GPU, NPU or AUTO."),
    Parameter(
        "precision",
        "auto",
        "Precision of all networks; auto: of each the fastest that was measured to be good enough.",
        choices=("auto", "fp32", "fp16", "bf16", "int8"),
    ),
    Parameter(
        "precision_tolerance",
        1.5,
        "How much worse than a level's best precision auto may choose.",
        "% of palm size; of a palm detector: % of recall",
        0,
        100,
    ),
    Parameter("threads", 1, "Threads of one inference; 0: the backend's choice.", "threads", 0, 256),
    Parameter(
        "require_accelerator", False, "Fail at configure rather than run on the CPU where a GPU was meant."
    ),
    Parameter(
        "tensorrt_cache_dir",
        "",
        "Folder of built TensorRT engines; empty: ~/.cache/hand_tracking_dsp/tensorrt.",
    ),
    Parameter("max_hands", 2, "Most hands to follow.", "hands", 1, 16),
    Parameter("score_threshold", 0.5, "Lowest score of a palm.", low=0.01, high=0.99),
    Parameter("presence_threshold", 0.5, "Lowest presence of a hand.", low=0.01, high=0.99),
    Parameter(
        "search_interval_s",
        0.5,
        "Time between two searches for further hands while one is in view; 0: every frame.",
        "s",
        0,
        60,
    ),
    Parameter("smoothing", True, "Smooth the landmarks with a One-Euro filter."),
    Parameter("min_cutoff_hz", 1.0, "Its cutoff at rest; lower is calmer.", "Hz", 0.01, 100),
    Parameter("beta", 8.0, "Its rise with speed; higher lags less.", "Hz per palm size per s", 0, 1000),
    Parameter("mirrored", False, "The images are mirrored (a selfie view): left and right change."),
    Parameter(
        "drift_interval",
        30,
        "Frames from one comparison with the dense level to the next; 0: never compare.",
        "frames",
        0,
        1_000_000,
        dynamic=True,
    ),
    Parameter(
        "drift_budget_ms",
        33.0,
        "Compare only on a frame that takes no longer than this with the comparison.",
        "ms",
        0,
        60_000,
        dynamic=True,
    ),
    Parameter(
        "image_transport",
        "raw",
        "Which image to take: raw (image_raw) or compressed (image_raw/compressed).",
        choices=("raw", "compressed"),
    ),
    Parameter(
        "horizontal_fov_deg",
        60.0,
        "Horizontal field of view for placing the markers, where camera_info does not tell.",
        "deg",
        1,
        170,
    ),
    Parameter("markers", True, "Publish markers while somebody subscribes."),
    Parameter("overlay", True, "Publish the overlay while somebody subscribes."),
    *qos("image", "the image taken", "best_effort", depth=1),
    *qos("hands", "hands, stats and markers"),
    *qos("overlay", "overlay and of the battery_state that it shows", "best_effort", depth=1),
    *qos("command", "sparsity_command", durability="transient_local", depth=1),
)
