"""The labels of figures in Chinese, by their English."""

from __future__ import annotations

CHINESE = {
    "start": "起点",
    "step": "步",
    "learning rate": "学习率",
    "height above the minimum": "高出最小值",
}
