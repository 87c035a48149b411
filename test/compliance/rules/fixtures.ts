import type { Rule } from '../../../lib/compliance/rule';
import { Templates } from '../../../lib/compliance/template';

/** A resource of a fixture. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A template of a fixture. */
export interface Fixture {
  readonly Parameters?: { readonly [id: string]: unknown };
  readonly Resources?: { readonly [id: string]: Resource };
  readonly Outputs?: { readonly [id: string]: unknown };
}

/** What a rule must pass, and what it must find and where, each by its name. */
export interface Fixtures {
  readonly compliant: { readonly [name: string]: Fixture };
  readonly nonCompliant: { readonly [name: string]: [Fixture, ...string[]] };
}

/** A template with these resources. */
export function resources(byId: { readonly [id: string]: Resource }): Fixture {
  return { Resources: byId };
}

/** `Ref` of a resource. */
export function ref(id: string): { Ref: string } {
  return { Ref: id };
}

/** An attribute of a resource. */
export function attribute(id: string, name: string): { 'Fn::GetAtt': [string, string] } {
  return { 'Fn::GetAtt': [id, name] };
}

/** A policy that allows services, by their names without a domain, the actions. */
export function policyFor(actions: string[], ...services: string[]): unknown {
  const Service = services.map((service) => `${service}.amazonaws.com`);
  return { Statement: [{ Effect: 'Allow', Action: actions, Principal: { Service }, Resource: '*' }] };
}

/** Where a rule finds something in one template, as `Id Location`. */
export function placesIn(rule: Rule, fixture: Fixture): string[] {
  const templates = new Templates([{ file: '/cdk.out/Stack.template.json', body: fixture }]);
  return rule.places(templates).map(({ id, location }) => `${id} ${location}`);
}

/** The tests of a rule: what it passes and what it finds. */
export function describeRule(rule: Rule, { compliant, nonCompliant }: Fixtures): void {
  describe(rule.id, () => {
    test.each(Object.entries(compliant))('has nothing to say about %s', (_, fixture) => {
      expect(placesIn(rule, fixture)).toEqual([]);
    });

    test.each(Object.entries(nonCompliant))('finds %s', (_, [fixture, ...places]) => {
      expect(placesIn(rule, fixture)).toEqual(places);
    });
  });
}
