import type { Rule } from '../rule';
import type { TemplateResource } from '../template';
import { isJson, isLiteral, isTrue } from '../values';

/** The names of what must not be read by everyone who may read a template. */
const SECRET = /(?:password|passwd|secretstring|secretkey|secretaccesskey|authtoken|privatekey|apikey)$/;

/** Templates, and parameters without NoEcho, are shown to whoever may describe a stack. */
export const plainTextSecret: Rule = {
  id: 'plain-text-secret',
  severity: 'error',
  wrong: 'A secret is in the template, or comes by a parameter that is shown to whoever may describe the stack.',
  remedy: 'Keep it in Secrets Manager and refer to it by {{resolve:secretsmanager:…}}; give a parameter NoEcho.',
  source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html',
  places: (templates) =>
    templates.all.flatMap((template) => [
      ...template.parameters
        .filter(([id, { NoEcho }]) => isSecret(id) && !isTrue(NoEcho))
        .map(([id]) => ({ file: template.file, id, location: `Parameters.${id}` })),
      ...template.resources.flatMap((resource) => plainSecrets(resource).map((path) => resource.at(path))),
    ]),
};

function isSecret(name: string): boolean {
  return SECRET.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
}

function plainSecrets(resource: TemplateResource): string[] {
  return below(resource.properties, 'Properties');
}

function below(value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => below(item, `${path}.${index}`));
  }
  if (!isJson(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' && isSecret(name) && isPlain(member)
      ? [`${path}.${name}`]
      : below(member, `${path}.${name}`),
  );
}

function isPlain(text: string): boolean {
  return text !== '' && isLiteral(text) && !text.includes('{{resolve:');
}
