"""The labels of figures in Chinese, by their English."""

from __future__ import annotations

CHINESE = {
    # surface
    "start": "起点",
    "step": "步",
    "learning rate": "学习率",
    "height above the minimum": "高出最小值",
    # activations
    "activation": "激活函数",
    "derivative (by autograd)": "导数（自动求导）",
    # schedules
    "validation loss (assumed)": "验证损失（假设）",
    "learning rate, as a share of lr": "学习率（与 lr 之比）",
    "epoch": "轮",
    # tangent
    "tangent at x = 5": "x = 5 处的切线",
    "chord from x to x + h, h = 4": "从 x 到 x + h 的割线，h = 4",
    "chord from x − h to x + h, h = 4": "从 x − h 到 x + h 的割线，h = 4",
    "slope at x = 5 with h = 0.0001: {slope:.12f}; exactly 0.2": "x = 5 处的斜率，h = 0.0001：{slope:.12f}；精确值 0.2",
    # differences
    "truncation: h/2·|f″| and h²/6·|f‴|": "截断误差：h/2·|f″| 与 h²/6·|f‴|",
    "rounding: ε·|f| / h": "舍入误差：ε·|f| / h",
    "forward: (f(x + h) − f(x)) / h": "前向差分：(f(x + h) − f(x)) / h",
    "central: (f(x + h) − f(x − h)) / 2h": "中心差分：(f(x + h) − f(x − h)) / 2h",
    "step h": "步长 h",
    "{kind}: ε = {epsilon:.1e}": "{kind}：ε = {epsilon:.1e}",
    "error of the derivative of sin at 1": "sin 在 1 处的导数的误差",
    # initializers
    "activations": "激活值",
    "gradients": "梯度",
    "standard deviation, as a power of ten": "标准差（10 的幂次）",
    "layer, from the input on   (−: vanishing, +: exploding, ×: exactly 0, hatched: all units are the same)": (
        "层，从输入起　（−：消失，+：爆炸，×：恰好为 0，斜线：所有单元都相同）"
    ),
    # losses
    "squared": "平方损失",
    "absolute": "绝对值损失",
    "smooth L1": "平滑 L1",
    "error ŷ − y": "误差 ŷ − y",
    "losses of a number": "回归的损失",
    "and their derivatives: what an outlier pulls with": "它们的导数：离群点的拉力",
    "cross-entropy, target {target}": "交叉熵，目标 {target}",
    "squared error of p, target 1": "p 的平方误差，目标 1",
    "logit z; p = 1/(1 + e⁻ᶻ)": "logit z；p = 1/(1 + e⁻ᶻ)",
    "losses of a class: cross-entropy stays steep": "分类的损失：交叉熵始终陡峭",
    "log-RMSE, y = {price}": "对数均方根误差，y = {price}",
    "|ŷ − y| / 300,000, y = {price}": "|ŷ − y| / 300,000，y = {price}",
    "prediction ŷ / y": "预测 ŷ / y",
    "log-RMSE: ten per cent cost the same at any price": "对数均方根误差：任何价位上，差一成代价都一样",
    # dropout
    "a unit's value": "单元的值",
    "nothing dropped": "不丢弃",
    "p = {p}: the rest × {scale}": "p = {p}：留下的 × {scale}",
    "training, {n} draws": "训练，抽 {n} 次",
    "evaluation: nothing dropped": "评估：不丢弃",
    "mean of the layer's units": "这一层单元的平均值",
    "mean {mean:.3f}, standard deviation {std:.3f}": "平均 {mean:.3f}，标准差 {std:.3f}",
    # batch_norm
    "before: each unit has its own mean and spread": "之前：每个单元各有自己的均值和离散程度",
    "normalised over the batch: (x − mean) / deviation": "按批归一化：(x − 均值) / 标准差",
    "then scaled and moved by what is learnt: γ·x + β": "再按学到的缩放和平移：γ·x + β",
    "unit {unit}: mean {mean:.1f}, deviation {std:.1f}": "单元 {unit}：均值 {mean:.1f}，标准差 {std:.1f}",
    "weights × {gain}, batch norm": "权重 × {gain}，批归一化",
    "weights × {gain}": "权重 × {gain}",
    "layer": "层",
    "standard deviation of the activations, ReLU": "激活值的标准差，ReLU",
    # convolution
    "photo": "照片",
    "blurred": "模糊",
    "edges from left to right": "左右边缘",
    "edges from top to bottom": "上下边缘",
    "convolved, 9×9, stride 3": "卷积，9×9，步幅 3",
    "max-pooled, 6×6, stride 6, padding 1": "最大池化，6×6，步幅 6，填充 1",
    # lenet
    "freshly initialised: it has learnt nothing": "刚初始化，什么也没学过",
    "input": "输入",
    "filters of {name}": "{name} 的卷积核",
    ", mean over inputs": "，对输入通道取平均",
}
