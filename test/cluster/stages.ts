import { kwokStages } from './parts.ts';

/** Which pods kwok lets fail. */
export interface StageOptions {
  /** Adds kwok's `pod/chaos` stages: pods labelled `pod-container-running-failed.stage.kwok.x-k8s.io: "true"` (or `pod-init-…`) end as Failed. */
  readonly chaos?: boolean;
}

/** Stage files for nodes that are Ready at once and pods that are Ready as soon as they are scheduled, and the failures that were asked for. */
export function stageFiles({ chaos = false }: StageOptions): readonly string[] {
  const folders = [
    'node/fast',
    'node/heartbeat-with-lease',
    'pod/fast',
    ...(chaos ? (['pod/chaos'] as const) : []),
  ] as const;
  return folders.flatMap((folder) => kwokStages(folder));
}

/**
 * A kwok stage, as YAML, that keeps a pod from ever being Ready when one of its images matches `pattern`, a jq regular expression
 * such as `:1\\.0\\.2(@|$)`: the containers wait with ImagePullBackOff, as they do when an image does not exist. So a roll-out can fail
 * by nothing but the image that a commit names.
 */
export function unpullableImageStage(pattern: string): string {
  const images = `.spec.containers.[] | select( .image | test(${JSON.stringify(pattern)}) ) | .image`;
  return JSON.stringify({
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name: 'pod-image-unpullable' },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: {
        matchExpressions: [
          { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
          { key: '.status.phase', operator: 'In', values: ['Pending'] },
          { key: images, operator: 'Exists' },
        ],
      },
      // pod/fast's own stages have weight 0, so this one is always preferred.
      weight: 10_000,
      next: { statusTemplate: unpullableStatus },
    },
  });
}

const unpullableStatus = `
{{ $now := Now }}
conditions:
- { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }} }
- { type: ContainersReady, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }} }
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  restartCount: 0
  state:
    waiting:
      reason: ImagePullBackOff
      message: {{ printf "Back-off pulling image %q" .image | Quote }}
{{ end }}
phase: Pending
startTime: {{ $now | Quote }}
`;
