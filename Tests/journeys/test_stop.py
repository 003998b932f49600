"""A hub asked to stop finishes what it is doing and can be started again."""

import threading
import time

import checkpoints


def test_requests_at_hand_finish(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.random_checkpoint(folder / checkpoints.WEIGHTS, seed=1, tensors=64)
    ada.commit(folder, "Large enough to be caught in the act")
    ada.hubctl("push", cwd=folder)
    bodies = []
    reader = threading.Thread(target=lambda: bodies.append(hub.file("ada/model", checkpoints.WEIGHTS)))
    reader.start()
    time.sleep(0.05)
    assert hub.stop() == 0
    reader.join(timeout=30)
    assert bodies[0].body == (folder / checkpoints.WEIGHTS).read_bytes()


def test_a_job_cut_off_is_done_after_the_restart(hub, person):
    checkpoints.push_base(hub, person)
    assert hub.stop() == 0
    hub.start()
    assert hub.report("ada/model")["verdict"] == "passed"


def test_a_stop_while_idle_is_quick(hub):
    begin = time.monotonic()
    assert hub.stop() == 0
    assert time.monotonic() - begin < 5
