import pytest
import torch

from lightlab.spec import Spec, TargetScale

PRICES = torch.tensor([[50_000.0], [100_000.0], [400_000.0]])


@pytest.mark.parametrize("kind", ["raw", "standard", "log"])
def test_what_is_scaled_is_restored(kind):
    scale = TargetScale.fitted(PRICES, kind)
    assert torch.allclose(scale.restored(scale.scaled(PRICES)), PRICES, rtol=1e-5)


@pytest.mark.parametrize("kind", ["standard", "log"])
def test_scaled_targets_have_mean_0_and_deviation_1(kind):
    scaled = TargetScale.fitted(PRICES, kind).scaled(PRICES)
    assert float(scaled.mean()) == pytest.approx(0, abs=1e-6)
    assert float(scaled.std(correction=0)) == pytest.approx(1, abs=1e-6)


def test_on_the_log_scale_equal_ratios_are_equal_steps():
    scale = TargetScale.fitted(PRICES, "log")
    a, b, c = scale.scaled(torch.tensor([[1.0], [10.0], [100.0]])).flatten()
    assert float(b - a) == pytest.approx(float(c - b), rel=1e-5)


def test_targets_that_are_all_alike_stay_finite():
    assert TargetScale.fitted(torch.ones(3, 1), "standard").scaled(torch.ones(3, 1)).isfinite().all()


def test_a_spec_carries_its_scale_through_a_checkpoint():
    spec = Spec("homes", (2,), 1, "number", target_scale=TargetScale(True, 12.0, 0.4), positive_target=True)
    assert Spec.from_plain(spec.to_plain()) == spec
