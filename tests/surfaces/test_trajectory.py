from lightlab.surfaces.trajectory import Trajectory


def test_a_trajectory_is_read_as_it_was_written(tmp_path):
    trajectory = Trajectory()
    trajectory.add(0, -7.0, 2.0, 6.45, 0.1)
    trajectory.add(1, float("inf"), 1e-9, float("nan"), 0.05)
    trajectory.write(tmp_path / "trajectory.csv")
    assert (tmp_path / "trajectory.csv").read_text().splitlines()[:2] == ["step,x,y,f,learning_rate", "0,-7,2,6.45,0.1"]
    assert str(Trajectory.read(tmp_path / "trajectory.csv").columns()) == str(trajectory.columns())
