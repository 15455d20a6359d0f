# SPDX-License-Identifier: MIT
"""One call of a kubelet to a container runtime.  The environment variable CRI
names the directory of its socket and of api_pb2.py, made from api.proto.

kubelet.py pod NAME MODE                     run a sandbox; print its id
kubelet.py run NAME MODE ID IMAGE NAME [HOST:PATH]... -- [WORD]...
                                             start a container; print its id
kubelet.py stop ID SECONDS
kubelet.py exec ID WORD...                   print its output; exit with its status
kubelet.py status ID                         print STATE CODE
kubelet.py pid ID                            print its pid on this machine
kubelet.py pod-status ID, pod-pid ID, stop-pod ID, remove ID
kubelet.py has-image IMAGE

MODE: CONTAINER, a PID namespace for each container, or POD, one for all.
"""
import json
import os
import sys

import grpc

DIRECTORY = os.environ["CRI"]
sys.path.insert(0, DIRECTORY)
import api_pb2 as api  # noqa: E402


def call(channel, method, request, answer=api.Empty, service="Runtime"):
    path = "/runtime.v1.%sService/%s" % (service, method)
    return channel.unary_unary(
        path, request_serializer=type(request).SerializeToString,
        response_deserializer=answer.FromString)(request, timeout=60)


def namespaces(mode):
    # The host's network: no plugin has to set one up.
    return api.NamespaceOption(network=api.NODE,
                               pid=api.NamespaceMode.Value(mode))


def pod_config(name, mode):
    return api.PodSandboxConfig(
        metadata=api.PodSandboxMetadata(name=name, uid=name, namespace="test"),
        log_directory=DIRECTORY + "/logs",
        linux=api.LinuxPodSandboxConfig(
            cgroup_parent="/" + os.path.basename(DIRECTORY),
            security_context=api.LinuxSandboxSecurityContext(
                namespace_options=namespaces(mode))))


def pod(channel, name, mode):
    print(call(channel, "RunPodSandbox", api.RunPodSandboxRequest(
        config=pod_config(name, mode)), api.PodSandboxID).pod_sandbox_id)


def run(channel, pod_name, mode, pod_id, image, name, *rest):
    mounts, words = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    config = api.ContainerConfig(
        metadata=api.ContainerMetadata(name=name),
        image=api.ImageSpec(image=image), args=words, log_path=name + ".log",
        mounts=[api.Mount(host_path=mount.split(":")[0],
                          container_path=mount.split(":")[1])
                for mount in mounts],
        linux=api.LinuxContainerConfig(
            security_context=api.LinuxContainerSecurityContext(
                namespace_options=namespaces(mode))))
    container = call(channel, "CreateContainer", api.CreateContainerRequest(
        pod_sandbox_id=pod_id, config=config,
        sandbox_config=pod_config(pod_name, mode)), api.ContainerID)
    call(channel, "StartContainer", container)
    print(container.container_id)


def stop(channel, container, seconds):
    call(channel, "StopContainer", api.StopContainerRequest(
        container_id=container, timeout=int(seconds)))


def exec_(channel, container, *words):
    answer = call(channel, "ExecSync", api.ExecSyncRequest(
        container_id=container, cmd=words, timeout=20), api.ExecSyncResponse)
    sys.stdout.buffer.write(answer.stdout)
    sys.stderr.buffer.write(answer.stderr)
    sys.exit(answer.exit_code)


def container_answer(channel, container):
    return call(channel, "ContainerStatus", api.ContainerStatusRequest(
        container_id=container, verbose=True), api.ContainerStatusResponse)


def status(channel, container):
    found = container_answer(channel, container).status
    print(api.ContainerStatus.State.Name(found.state), found.exit_code)


def pid(channel, container):
    print(json.loads(container_answer(channel, container).info["info"])["pid"])


def pod_answer(channel, pod_id):
    return call(channel, "PodSandboxStatus", api.PodSandboxStatusRequest(
        pod_sandbox_id=pod_id, verbose=True), api.PodSandboxStatusResponse)


def pod_status(channel, pod_id):
    print(api.PodSandboxStatus.State.Name(
        pod_answer(channel, pod_id).status.state))


def pod_pid(channel, pod_id):
    print(json.loads(pod_answer(channel, pod_id).info["info"])["pid"])


def stop_pod(channel, pod_id):
    call(channel, "StopPodSandbox", api.PodSandboxID(pod_sandbox_id=pod_id))


def remove(channel, pod_id):
    stop_pod(channel, pod_id)
    call(channel, "RemovePodSandbox", api.PodSandboxID(pod_sandbox_id=pod_id))


def has_image(channel, image):
    answer = call(channel, "ImageStatus", api.ImageStatusRequest(
        image=api.ImageSpec(image=image)), api.ImageStatusResponse, "Image")
    sys.exit(0 if answer.HasField("image") else 1)


COMMANDS = {"pod": pod, "run": run, "stop": stop, "exec": exec_,
            "status": status, "pid": pid, "pod-status": pod_status,
            "pod-pid": pod_pid, "stop-pod": stop_pod, "remove": remove,
            "has-image": has_image}

with grpc.insecure_channel("unix://%s/socket" % DIRECTORY) as connection:
    try:
        COMMANDS[sys.argv[1]](connection, *sys.argv[2:])
    except grpc.RpcError as error:
        sys.exit("%s: %s" % (" ".join(sys.argv[1:]), error.details()))
