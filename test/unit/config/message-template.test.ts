import { describe, expect, test } from 'vitest';
import { type MessageFacts, renderTemplate, templateFaults } from '../../../shared/config/message-template.ts';

const hello = { image: 'ghcr.io/acme/hello', name: 'hello', from: '1.0.0', to: '1.0.1', digest: '', last: false };
const web = { image: 'ghcr.io/acme/web', name: 'web', from: '2', to: '3', digest: 'sha256:abc', last: true };
const place = { container: 'app', policy: 'semver:~1', source: 'ghcr', pushedAt: '2026-11-23T10:00:00Z' };
const FACTS: MessageFacts = {
  branch: 'main',
  count: 2,
  images: [hello, web],
  changes: [
    { ...hello, ...place, file: 'k8s/<a> & "b".yml', object: 'deployment/default/hello' },
    { ...web, ...place, file: 'k8s/web.yml', object: 'deployment/default/web' },
  ],
};

describe('a template', () => {
  test.each([
    {
      name: 'of a conventional commit',
      template: 'chore(deploy): {{#images}}{{name}} to {{to}}{{^last}}, {{/last}}{{/images}}',
      message: 'chore(deploy): hello to 1.0.1, web to 3',
    },
    {
      name: 'that lists the places, escaping nothing',
      template:
        '{{#changes}}- {{file}} {{object}}/{{container}} {{from}} → {{to}} ({{policy}}, {{source}} {{pushedAt}})\n{{/changes}}',
      message:
        '- k8s/<a> & "b".yml deployment/default/hello/app 1.0.0 → 1.0.1 (semver:~1, ghcr 2026-11-23T10:00:00Z)\n' +
        '- k8s/web.yml deployment/default/web/app 2 → 3 (semver:~1, ghcr 2026-11-23T10:00:00Z)\n',
    },
    { name: 'that counts', template: '{{count}} places on {{branch}}', message: '2 places on main' },
    {
      name: 'that uses what is around a list',
      template: '{{#images}}{{branch}}/{{name}} {{/images}}',
      message: 'main/hello main/web ',
    },
    {
      name: 'that shows a digest where there is one',
      template: '{{#images}}{{name}}{{#digest}}@{{digest}}{{/digest}} {{/images}}',
      message: 'hello web@sha256:abc ',
    },
  ])('$name', ({ template, message }) => {
    expect(templateFaults(template)).toEqual([]);
    expect(renderTemplate(template, FACTS)).toBe(message);
  });

  test.each([
    { template: '{{imag}}', faults: ['expected one of branch, count, images, changes, found imag'] },
    { template: '{{image}}', faults: ['expected one of branch, count, images, changes, found image'] },
    {
      template: '{{#images}}{{file}}{{tag}}{{/images}}',
      faults: [
        'expected one of branch, count, images, changes, image, name, from, to, digest, last, found file',
        'expected one of branch, count, images, changes, image, name, from, to, digest, last, found tag',
      ],
    },
    { template: '{{> other}}', faults: ['expected no partials and no other delimiters, found other'] },
    { template: '{{=<% %>=}}<%branch%>', faults: ['expected no partials and no other delimiters, found <% %>'] },
    { template: '{{#images}}', faults: ['expected a Mustache template, found Unclosed section "images" at 11'] },
    { template: '{{branch', faults: ['expected a Mustache template, found Unclosed tag at 8'] },
  ])('$template is refused', ({ template, faults }) => {
    expect(templateFaults(template)).toEqual(faults);
  });
});
