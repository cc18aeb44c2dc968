from lightlab.figures.batch_norm import spread_by_layer


def test_batch_norm_keeps_the_spread_of_every_layer():
    assert spread_by_layer(2.0, with_norm=False)[-1] > 1e4 * spread_by_layer(2.0, with_norm=False)[0]
    assert all(0.4 < spread < 0.8 for gain in (0.5, 2.0) for spread in spread_by_layer(gain, with_norm=True))
