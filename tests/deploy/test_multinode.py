"""A run over several nodes uses the trainer's code in pods like the trainer's."""

from .kustomized import needs_kubectl, of_kind, pod, workloads

OVERLAY = "gpu-multinode"
pytestmark = needs_kubectl


def test_the_pods_match_the_trainers():
    runtime = of_kind(OVERLAY, "TrainingRuntime")["ratchet"]
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    node = job["template"]["spec"]["template"]["spec"]
    trainer = pod(workloads(OVERLAY)["trainer"])
    for same in ("securityContext", "serviceAccountName", "tolerations", "priorityClassName"):
        assert node[same] == trainer[same]
    (container,), (likewise,) = node["containers"], trainer["containers"]
    for same in ("image", "securityContext", "envFrom"):
        assert container[same] == likewise[same]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_the_job_waits_for_a_run():
    job = of_kind(OVERLAY, "TrainJob")["run"]["spec"]
    assert job["suspend"] is True
    assert job["runtimeRef"]["name"] in of_kind(OVERLAY, "TrainingRuntime")
    assert job["trainer"]["numNodes"] >= 2


def test_the_processes_of_a_node_are_counted_by_the_job():
    """Kubeflow Trainer 2.2 removed the runtime's own count, and its API server refuses one."""
    policy = of_kind(OVERLAY, "TrainingRuntime")["ratchet"]["spec"]["mlPolicy"]
    assert policy == {"numNodes": 2, "torch": {}}
    assert of_kind(OVERLAY, "TrainJob")["run"]["spec"]["trainer"]["numProcPerNode"] == 1


def test_the_nodes_share_the_trainers_volumes():
    claims = of_kind(OVERLAY, "PersistentVolumeClaim")
    for claim in ("trainer", "shared"):
        assert claims[claim]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_every_node_starts_as_one_of_many():
    """Without --multi_gpu accelerate treats a node with one GPU as a separate run."""
    runtime = of_kind(OVERLAY, "TrainingRuntime")["ratchet"]
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    (container,) = job["template"]["spec"]["template"]["spec"]["containers"]
    *_, command = container["command"]
    assert command.startswith("exec accelerate launch --multi_gpu --num_machines ")
    assert "python -m trainer.run" in command
