"""The parameters of the four nodes; config/hand_tracking.yaml and docs/parameters.md come from here."""

from __future__ import annotations

from hand_tracking_dsp.nodes.parameters import Parameter
from hand_tracking_dsp.resources import DEFAULT_BANK


def _qos(
    topic: str, says: str, reliability: str = "reliable", durability: str = "volatile", depth: int = 10
) -> tuple[Parameter, ...]:
    return (
        Parameter(
            f"qos.{topic}.reliability",
            reliability,
            f"Reliability of {says}.",
            choices=("reliable", "best_effort"),
        ),
        Parameter(
            f"qos.{topic}.durability",
            durability,
            f"Durability of {says}; transient_local: whoever comes late gets the last message.",
            choices=("volatile", "transient_local"),
        ),
        Parameter(
            f"qos.{topic}.depth", depth, f"Messages kept for {says}.", unit="messages", low=1, high=1000
        ),
    )


_AUTOSTART = Parameter(
    "autostart", True, "Configure and activate the node by itself; false: a lifecycle manager does."
)
_BANK = Parameter("bank", "", f"Folder of the level bank; empty: the package's own, {DEFAULT_BANK}.")

CAMERA: tuple[Parameter, ...] = (
    _AUTOSTART,
    Parameter(
        "source",
        "synthetic",
        "Where images come from: synthetic, a device (0 or /dev/video0), a video file, a folder of "
        "images, or a stream (rtsp://, http://, or gst: and a GStreamer pipeline).",
    ),
    Parameter("width", 640, "Image width asked of the source.", "px", 16, 8192),
    Parameter("height", 480, "Image height asked of the source.", "px", 16, 8192),
    Parameter(
        "rate_hz",
        30.0,
        "Images a second asked of a device, a folder or the synthetic hand; video files and streams "
        "have their own.",
        "Hz",
        0.1,
        500.0,
    ),
    Parameter("loop", True, "Begin a file or folder again at its end."),
    Parameter("seed", 0, "Seed of the synthetic hand's motion and background.", low=0, high=2**31 - 1),
    Parameter("hands", 1, "Hands in the synthetic picture.", "hands", 1, 2),
    Parameter("frame_id", "camera_optical_frame", "Optical frame (REP 103) that the headers name."),
    Parameter("compressed", False, "Publish image_raw/compressed as well."),
    Parameter("jpeg_quality", 90, "Quality of the compressed image.", "percent", 1, 100, dynamic=True),
    Parameter("camera_info", True, "Publish camera_info."),
    Parameter("fx_px", 0.0, "Focal length along x; 0: from the source or the field of view.", "px", 0, 1e5),
    Parameter("fy_px", 0.0, "Focal length along y; 0: fx_px.", "px", 0, 1e5),
    Parameter("cx_px", 0.0, "Principal point, x; 0: the image's centre.", "px", 0, 1e5),
    Parameter("cy_px", 0.0, "Principal point, y; 0: the image's centre.", "px", 0, 1e5),
    Parameter(
        "horizontal_fov_deg",
        0.0,
        "Horizontal field of view, where neither fx_px nor the source tells; 0: not known, "
        "camera_info then says uncalibrated.",
        "deg",
        0,
        170,
    ),
    Parameter("read_timeout_s", 2.0, "Silence of a source after which it is opened again.", "s", 0.1, 60),
    Parameter("retry_s", 0.5, "Pause before a lost source is first opened again.", "s", 0.05, 60),
    Parameter("retry_max_s", 10.0, "Longest pause; each is twice the one before.", "s", 0.05, 600),
    *_qos("image", "image_raw, image_raw/compressed and camera_info", "best_effort", depth=1),
    *_qos("truth", "truth"),
)

TRACKER: tuple[Parameter, ...] = (
    _AUTOSTART,
    _BANK,
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
    *_qos("image", "the image taken", "best_effort", depth=1),
    *_qos("hands", "hands, stats and markers"),
    *_qos("overlay", "overlay", "best_effort", depth=1),
    *_qos("command", "sparsity_command", durability="transient_local", depth=1),
)

CONTROLLER: tuple[Parameter, ...] = (
    _AUTOSTART,
    _BANK,
    Parameter("policy", "threshold", "What chooses the level.", choices=("fixed", "threshold")),
    Parameter(
        "operator_level",
        -1,
        "Level set by a person, goes before policy and shield; -1: automatic.",
        low=-1,
        high=255,
        dynamic=True,
    ),
    Parameter("decision_rate_hz", 10.0, "Decisions a second.", "Hz", 0.1, 100),
    Parameter(
        "budget_ms",
        33.0,
        "Latency budget of a frame, from image stamp to hands.",
        "ms",
        0.1,
        10000,
        dynamic=True,
    ),
    Parameter("initial_level", 0, "Level before anything is heard.", low=0, high=255),
    Parameter(
        "min_dwell_s", 3.0, "Least time from a change of level to one to denser.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "min_dwell_sparser_s",
        0.5,
        "Least time from a change of level to one to sparser.",
        "s",
        0,
        3600,
        dynamic=True,
    ),
    Parameter(
        "settle_s",
        1.0,
        "How long latencies do not count after the first one, or after a silence.",
        "s",
        0,
        600,
        dynamic=True,
    ),
    Parameter("window_s", 2.0, "Age up to which a latency sample counts.", "s", 0.05, 600, dynamic=True),
    Parameter("min_samples", 20, "Samples needed to judge a level.", "frames", 1, 10000, dynamic=True),
    Parameter("fixed.level", 0, "Level of the fixed policy; -1: the sparsest.", low=-1, high=255),
    Parameter("threshold.upper", 0.9, "Sparser where the 95th percentile is above.", "budgets", 0.05, 10),
    Parameter("threshold.lower", 0.7, "Denser where it is expected to be below.", "budgets", 0, 10),
    Parameter("threshold.miss_limit", 0.05, "Sparser where more frames are late.", "share", 0, 1),
    Parameter("threshold.hold_s", 3.0, "How long denser must look possible.", "s", 0, 3600),
    Parameter("threshold.retry_s", 300.0, "How long a level's slowness is believed.", "s", 0, 1e6),
    Parameter(
        "threshold.battery_saving_charge",
        0.5,
        "Charge below which the level is at least the saving one.",
        "share of full",
        0,
        1,
    ),
    Parameter("threshold.battery_saving_level", 2, "The saving level.", low=0, high=255),
    Parameter(
        "threshold.battery_low_charge",
        0.25,
        "Charge below which the level is at least the low one.",
        "share of full",
        0,
        1,
    ),
    Parameter("threshold.battery_low_level", 4, "The low level.", low=0, high=255),
    Parameter(
        "threshold.battery_hysteresis",
        0.05,
        "Rise above a charge that ends its bound.",
        "share of full",
        0,
        0.5,
    ),
    Parameter(
        "shield.fallback_level",
        -1,
        "Level while an input is unknown; -1: the sparsest.",
        low=-1,
        high=255,
        dynamic=True,
    ),
    Parameter(
        "shield.deadline_miss_limit",
        0.25,
        "Share of late frames that forces a sparser level.",
        "share",
        0,
        1,
        dynamic=True,
    ),
    Parameter(
        "shield.deadline_hold_s", 20.0, "How long denser levels are barred then.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "shield.battery_reserve",
        0.15,
        "Charge that forces the sparsest level.",
        "share of full",
        0,
        1,
        dynamic=True,
    ),
    Parameter(
        "shield.battery_reserve_hysteresis",
        0.05,
        "Rise above it that ends that.",
        "share of full",
        0,
        0.5,
        dynamic=True,
    ),
    Parameter(
        "shield.stale_latency_s", 2.0, "Silence of stats that counts as lost.", "s", 0.05, 3600, dynamic=True
    ),
    Parameter(
        "shield.stale_battery_s",
        30.0,
        "Silence of battery_state that counts as lost.",
        "s",
        0.05,
        86400,
        dynamic=True,
    ),
    Parameter(
        "shield.startup_grace_s", 10.0, "How long the first stats may take.", "s", 0, 3600, dynamic=True
    ),
    *_qos("stats", "stats"),
    *_qos("battery", "battery_state and power_w", "best_effort", depth=1),
    *_qos("command", "sparsity_command", durability="transient_local", depth=1),
    *_qos("state", "controller_state"),
)

POWER: tuple[Parameter, ...] = (
    _AUTOSTART,
    Parameter(
        "source",
        "auto",
        "Where power readings come from; auto: a battery if the machine has one, else INA3221 rails, "
        "else none; rapl: an Intel or AMD processor's counters; nvml: NVIDIA's cards.",
        choices=("auto", "power_supply", "ina3221", "rapl", "nvml", "simulated", "none"),
    ),
    Parameter("battery", "", "Battery under /sys/class/power_supply to read; empty: all together."),
    Parameter("root", "/", "Where the file system of /sys begins; another than / for tests."),
    Parameter("rate_hz", 2.0, "Readings a second.", "Hz", 0.01, 100),
    Parameter("retry_s", 0.5, "Pause before a lost source is first opened again.", "s", 0.05, 60),
    Parameter("retry_max_s", 10.0, "Longest pause; each is twice the one before.", "s", 0.05, 600),
    Parameter("simulated.capacity_wh", 40.0, "The simulated battery's energy when full.", "Wh", 0.001, 1e5),
    Parameter("simulated.charge", 1.0, "Its charge at the beginning.", "share of full", 0, 1),
    Parameter("simulated.base_w", 6.0, "What all but the tracker draws from it.", "W", 0, 1e4),
    Parameter(
        "simulated.load_w",
        (6.0, 4.0, 3.0),
        "What the tracker draws at each level, an estimate; the last counts for all beyond.",
        "W",
        0,
        1e4,
    ),
    Parameter("simulated.cells", 3, "Lithium-ion cells in series.", "cells", 1, 14),
    Parameter("simulated.time_scale", 1.0, "How many times faster than real it drains.", "", 0.001, 1e6),
    Parameter("simulated.noise", 0.002, "Noise of its readings.", "share of the reading", 0, 0.1),
    Parameter("simulated.seed", 0, "Seed of that noise.", low=0, high=2**31 - 1),
    *_qos("battery", "battery_state and power_w", depth=1),
    *_qos("stats", "stats, which tells a simulated battery its load", depth=1),
)

TABLES: dict[str, tuple[Parameter, ...]] = {
    "camera_node": CAMERA,
    "hand_tracker_node": TRACKER,
    "pruning_controller_node": CONTROLLER,
    "power_node": POWER,
}
"""The parameters by node."""
