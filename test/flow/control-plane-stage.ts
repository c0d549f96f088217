import { afterAll, beforeAll } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { openAgentStage } from './agent-stage.ts';

export interface ControlPlaneStage {
  readonly cluster: ControlPlane;
  /** Applies revisions to it as the agent does. */
  readonly stage: Awaited<ReturnType<typeof openAgentStage>>;
}

const START_MILLIS = 120_000;

/** Returns a control plane of a suite's own, which is there while its tests run. */
export function useControlPlane(): ControlPlaneStage {
  let opened: ControlPlaneStage | undefined;
  const get = () => {
    if (opened === undefined) {
      throw new Error('expected a test of the suite to be running, found none');
    }
    return opened;
  };
  beforeAll(async () => {
    const cluster = await startControlPlane();
    opened = { cluster, stage: await openAgentStage(cluster.kubeconfig) };
  }, START_MILLIS);
  afterAll(async () => opened?.cluster.stop());
  return {
    get cluster() {
      return get().cluster;
    },
    get stage() {
      return get().stage;
    },
  };
}
