// SPDX-License-Identifier: MIT
// validate.mjs MODULES FILE...: check Kubernetes objects in YAML against the
// schema that Kubernetes publishes, from the package kubernetes-models below
// MODULES.  The schema allows unknown fields, which older API servers dropped
// without a word: here they are errors.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const { parseAllDocuments } = require("yaml");

const schemas = {
	"apps/v1 DaemonSet": "IoK8sApiAppsV1DaemonSet",
	"apps/v1 Deployment": "IoK8sApiAppsV1Deployment",
	"v1 Pod": "IoK8sApiCoreV1Pod",
};

async function validator(object) {
	const name = schemas[`${object.apiVersion} ${object.kind}`];
	if (name === undefined)
		throw new Error(`no schema for kind ${object.kind}`);
	const schema = await import(pathToFileURL(
		`${modules}/kubernetes-models/_schemas/${name}.js`));
	return schema.validate;
}

// A view of value that adds each field that is read to seen: the validators
// read the fields that they know, and no others.
function watched(value, path, seen) {
	if (value === null || typeof value !== "object")
		return value;
	return new Proxy(value, {
		get(target, key) {
			seen.add(`${path}/${String(key)}`);
			return watched(target[key], `${path}/${String(key)}`,
				seen);
		},
	});
}

function* unseen(value, path, seen) {
	if (value === null || typeof value !== "object")
		return;
	for (const [key, inner] of Object.entries(value)) {
		if (seen.has(`${path}/${key}`))
			yield* unseen(inner, `${path}/${key}`, seen);
		else
			yield `${path}/${key}: unknown field`;
	}
}

async function problems(object) {
	const validate = await validator(object);
	const seen = new Set();
	const found = validate(watched(object, "", seen)) ? []
		: validate.errors.map(error =>
			`${error.instancePath}: ${error.keyword} ` +
			JSON.stringify(error.params));
	return [...found, ...unseen(object, "", seen)];
}

let failed = files.length === 0;
for (const file of files)
	for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
		for (const error of document.errors)
			throw error;
		for (const problem of await problems(document.toJS())) {
			console.log(`${file}: ${problem}`);
			failed = true;
		}
	}
process.exit(failed ? 1 : 0);
