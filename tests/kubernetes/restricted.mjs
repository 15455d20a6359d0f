// SPDX-License-Identifier: MIT
// restricted.mjs MODULES FILE...: name what the Pod Security Standard
// "restricted" forbids in each FILE, for every container, init containers too.
// See https://kubernetes.io/docs/concepts/security/pod-security-standards/.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const { parseAllDocuments } = require("yaml");

const volumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
	"image", "name", "persistentVolumeClaim", "projected", "secret"];
const seccomp = ["RuntimeDefault", "Localhost"];

function* ofContainer(container, pod) {
	const own = container.securityContext ?? {};
	const profile = own.seccompProfile ?? pod.seccompProfile;
	const added = own.capabilities?.add ?? [];

	if (own.allowPrivilegeEscalation !== false)
		yield "allowPrivilegeEscalation is not false";
	if (own.privileged)
		yield "privileged";
	if (!own.capabilities?.drop?.includes("ALL"))
		yield "capabilities.drop lacks ALL";
	if (added.some(name => name !== "NET_BIND_SERVICE"))
		yield "capabilities.add";
	if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true)
		yield "runAsNonRoot is not true";
	if ((own.runAsUser ?? pod.runAsUser) === 0)
		yield "runAsUser is 0";
	if (!seccomp.includes(profile?.type))
		yield "seccompProfile";
	if ((container.ports ?? []).some(port => port.hostPort))
		yield "hostPort";
}

function* ofPod(spec) {
	for (const field of ["hostPID", "hostIPC", "hostNetwork"])
		if (spec[field])
			yield field;
	for (const volume of spec.volumes ?? [])
		for (const kind of Object.keys(volume))
			if (!volumes.includes(kind))
				yield `volume ${volume.name}: ${kind}`;
	for (const container of [...spec.initContainers ?? [], ...spec.containers])
		for (const problem of ofContainer(container, spec.securityContext ?? {}))
			yield `container ${container.name}: ${problem}`;
}

let status = 0;
for (const file of files)
	for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
		const object = document.toJS();
		for (const problem of ofPod(object.spec.template?.spec ?? object.spec)) {
			console.log(`${file}: ${problem}`);
			status = 1;
		}
	}
process.exit(status);
