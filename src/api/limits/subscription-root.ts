import {
  type ASTVisitor,
  type DirectiveNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  SingleFieldSubscriptionsRule,
  type ValidationContext,
} from 'postgraphile/graphql';

const conditional: ReadonlySet<string> = new Set(['skip', 'include']);

/**
 * GraphQL's rule (September 2025, 5.2.4.1): a subscription has one root field, and no `@skip` or `@include`
 * at its root, without which it would have nothing to follow. GraphQL.js 16 knows the first half only.
 */
export function SubscriptionRootRule(context: ValidationContext): ASTVisitor {
  const { OperationDefinition: checkSingleField } = SingleFieldSubscriptionsRule(context) as {
    OperationDefinition: (node: OperationDefinitionNode) => void;
  };
  return {
    OperationDefinition(operation) {
      if (operation.operation !== 'subscription') {
        return;
      }
      const conditions = conditionsAt(operation.selectionSet, new Set());
      for (const directive of conditions) {
        context.reportError(
          new GraphQLError(
            `The root field of a subscription cannot have @${directive.name.value}. Leave the directive out.`,
            { nodes: [directive] },
          ),
        );
      }
      if (conditions.length === 0) {
        checkSingleField(operation);
      }
    },
  };

  function conditionsAt({ selections }: SelectionSetNode, visited: Set<string>): DirectiveNode[] {
    return selections.flatMap((selection) => [
      ...(selection.directives ?? []).filter(({ name }) => conditional.has(name.value)),
      ...conditionsWithin(selection, visited),
    ]);
  }

  function conditionsWithin(selection: SelectionNode, visited: Set<string>): DirectiveNode[] {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return conditionsAt(selection.selectionSet, visited);
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD && !visited.has(selection.name.value)) {
      visited.add(selection.name.value);
      const fragment = context.getFragment(selection.name.value);
      return fragment ? conditionsAt(fragment.selectionSet, visited) : [];
    }
    return [];
  }
}
