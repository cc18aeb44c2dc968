"""The labels of figures in Chinese, by their English."""

CHINESE = {
    # surfaces
    "start": "起点",
    "step": "步数",
    "learning rate": "学习率",
    "height above the minimum": "与最小值之差",
    # activations
    "activation": "激活函数",
    "derivative (by autograd)": "导数（自动求导）",
    # schedules
    "validation loss (assumed)": "验证损失（示意）",
    "learning rate, as a share of lr": "学习率（相对于 lr）",
    "epoch": "轮次",
    # tangent
    "tangent at x = 5": "x = 5 处的切线",
    "chord from x to x + h, h = 4": "过 x 与 x + h 的割线，h = 4",
    "chord from x − h to x + h, h = 4": "过 x − h 与 x + h 的割线，h = 4",
    "slope at x = 5 with h = 0.0001: {slope:.12f}; exactly 0.2": (
        "x = 5 处的斜率（h = 0.0001）：{slope:.12f}，精确值为 0.2"
    ),
    # differences
    "truncation: h/2·|f″| and h²/6·|f‴|": "截断误差：h/2·|f″| 与 h²/6·|f‴|",
    "rounding: ε·|f| / h": "舍入误差：ε·|f| / h",
    "forward: (f(x + h) − f(x)) / h": "前向差分：(f(x + h) − f(x)) / h",
    "central: (f(x + h) − f(x − h)) / 2h": "中心差分：(f(x + h) − f(x − h)) / 2h",
    "step h": "步长 h",
    "{kind}: ε = {epsilon:.1e}": "{kind}：ε = {epsilon:.1e}",
    "error of the derivative of sin at 1": "sin 在 x = 1 处导数的误差",
    # initializers
    "activations": "激活值",
    "gradients": "梯度",
    "standard deviation, as a power of ten": "标准差（以 10 为底的对数）",
    "layer, from the input on   (−: vanishing, +: exploding, ×: exactly 0, hatched: all units are the same)": (
        "层，从输入端数起　（−：消失，+：爆炸，×：恰为 0，斜线：该层所有单元都相同）"
    ),
    # losses
    "squared": "平方损失",
    "absolute": "绝对值损失",
    "smooth L1": "平滑 L1 损失",
    "error ŷ − y": "误差 ŷ − y",
    "losses for regression": "回归损失",
    "their derivatives: the pull of an outlier": "它们的导数：离群点的影响有多大",
    "cross-entropy, target {target}": "交叉熵，目标为 {target}",
    "squared error of p, target 1": "p 的平方误差，目标为 1",
    "logit z; p = 1/(1 + e⁻ᶻ)": "logit z，p = 1/(1 + e⁻ᶻ)",
    "losses for classification: cross-entropy stays steep": "分类损失：错得再多，交叉熵的梯度也不消失",
    "log-RMSE, y = {price}": "对数均方根误差，y = {price}",
    "|ŷ − y| / 300,000, y = {price}": "|ŷ − y| / 300,000，y = {price}",
    "prediction ŷ / y": "预测值与真实值之比 ŷ / y",
    "log-RMSE: 10 % off costs the same at any price": "对数均方根误差：无论价格高低，偏差一成，代价相同",
    # dropout
    "a unit's value": "单元的输出值",
    "nothing dropped": "不丢弃",
    "p = {p}: the rest × {scale}": "p = {p}：保留的单元 × {scale}",
    "training, {n} draws": "训练时，随机丢弃 {n} 次",
    "evaluation: nothing dropped": "评估时，不丢弃",
    "mean of the layer's units": "该层各单元的平均值",
    "mean {mean:.3f}, standard deviation {std:.3f}": "均值 {mean:.3f}，标准差 {std:.3f}",
    # batch_norm
    "before: each unit has its own mean and spread": "归一化之前：各单元的均值和标准差各不相同",
    "normalised over the batch: (x − mean) / deviation": "在批量内归一化：(x − 均值) / 标准差",
    "then scaled and shifted by learnt parameters: γ·x + β": "再用学到的参数缩放和平移：γ·x + β",
    "unit {unit}: mean {mean:.1f}, deviation {std:.1f}": "单元 {unit}：均值 {mean:.1f}，标准差 {std:.1f}",
    "weights × {gain}, batch norm": "权重 × {gain}，有批归一化",
    "weights × {gain}": "权重 × {gain}",
    "layer": "层",
    "standard deviation of the activations, ReLU": "激活值的标准差（ReLU）",
    # convolution
    "photo": "原图",
    "blurred": "模糊",
    "edges from left to right": "左右方向的边缘",
    "edges from top to bottom": "上下方向的边缘",
    "convolved, 9×9, stride 3": "卷积，9×9，步幅 3",
    "max-pooled, 6×6, stride 6, padding 1": "最大池化，6×6，步幅 6，填充 1",
    # lenet
    "freshly initialised: it has learnt nothing": "刚完成初始化，尚未训练",
    "input": "输入",
    "filters of {name}": "{name} 的卷积核",
    ", mean over inputs": "（对输入通道取平均）",
}
