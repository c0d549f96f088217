import { failed, HEALTHY, type Health, type Observed, progressing, type Rules } from './rule.ts';
import { conditionOf, statusText } from './status-fields.ts';

/** Kinds that others rely on: storage, addresses, budgets, definitions. */
export const CLUSTER_RESOURCES: Rules = {
  '/PersistentVolumeClaim': { of: claim },
  '/Service': { of: service },
  'policy/PodDisruptionBudget': { tellsGeneration: true, of: budget },
  'apiextensions.k8s.io/CustomResourceDefinition': { of: definition },
};

/** https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase */
function claim({ status }: Observed): Health {
  const phase = statusText(status['phase'], 'new');
  return phase === 'Bound' ? HEALTHY : progressing(`it is ${phase}, not Bound`);
}

/** Whether a load balancer gets an address is the cluster's affair: many have none to give. */
function service({ spec }: Observed): Health {
  return spec['type'] === 'LoadBalancer' && statusText(spec['clusterIP'], '') === ''
    ? progressing('it has no address in the cluster yet')
    : HEALTHY;
}

/** https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
function budget({ status }: Observed): Health {
  const allowed = conditionOf(status, 'DisruptionAllowed', 'False');
  return allowed?.reason === 'SyncFailed' ? progressing(`it cannot be computed: ${allowed.message}`) : HEALTHY;
}

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ */
function definition({ status }: Observed): Health {
  const names = conditionOf(status, 'NamesAccepted', 'False');
  if (names !== undefined) {
    return failed(`its names are not accepted: ${names.message}`);
  }
  const established = conditionOf(status, 'Established');
  if (established?.status === 'True') {
    return HEALTHY;
  }
  const isFinal = established?.status === 'False' && established.reason !== 'Installing';
  return isFinal ? failed(`it is not established: ${established.message}`) : progressing('it is not established yet');
}
