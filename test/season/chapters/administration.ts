import { proveRow, type RowActs } from '../rows.ts';
import type { Season } from '../season.ts';

/** An administrator keeps places, catalogue, texts, departments and roles; each row is made, changed and deleted. */
export function administrationChapter(season: Season): void {
  const { facts } = season;
  const row = (acts: RowActs) => proveRow(season.who.admin, acts);

  describe('an administrator keeps the lists of the platform', () => {
    it('places: countries, states, cities, zones and postal codes', async () => {
      const country = await row({
        type: 'Country',
        create: { name: 'Nepal', code: 'NP', phoneCode: '+977', currency: 'NPR' },
        update: { name: 'Nepal (Federal)' },
      });
      const state = await row({
        type: 'State',
        create: { countryId: country, name: 'Bagmati', code: 'P3' },
        update: { name: 'Bagmati Province' },
      });
      const city = await row({
        type: 'City',
        create: { stateId: state, name: 'Kathmandu', latitude: '27.70000000' },
        update: { isActive: false },
      });
      const zone = {
        type: 'Zone',
        create: { cityId: city, name: 'Thamel', serviceCharge: '100.00' },
        update: { serviceCharge: '120.00' },
      };
      await row({ ...zone, isDeleted: true });
      await row({
        type: 'PincodeMaster',
        create: { pincode: '799001', isServiceable: true, deliveryCharge: '0.00' },
        update: { deliveryCharge: '40.00' },
        isDeleted: true,
      });
      const { serviceable } = await season.market.visitor(
        '{ serviceable(pincode: "799001") { isServiceable } }',
      );
      expect(serviceable).toEqual({ isServiceable: false });
    });

    it('the catalogue: categories, services, add-ons and packages', async () => {
      const category = await row({
        type: 'ServiceCategory',
        create: { name: 'Rituals', slug: 'rituals' },
        update: { description: 'For a whole day.' },
      });
      await season.who.admin.prove(
        'updateService',
        { id: facts.facialId, patch: { categoryId: category, isPopular: true } },
        { service: { categoryId: category, isPopular: true } },
      );
      await row({
        type: 'AddonService',
        create: { name: 'Steam', duration: 15, price: '250.00' },
        update: { price: '200.00' },
      });
      await row({
        type: 'ServicePackage',
        create: {
          name: 'Half a day',
          slug: 'half-a-day',
          serviceIds: [facts.massageId, facts.facialId],
          packagePrice: '2000.00',
          totalDuration: 120,
        },
        update: { packagePrice: '2100.00' },
      });
    });

    it('what vendors are: categories, required documents, partner types and steps of joining', async () => {
      const { admin } = season.who;
      const category = {
        type: 'VendorCategory',
        create: { categoryCode: 'yoga', categoryName: 'Yoga studio' },
        update: { categoryName: 'Yoga and meditation' },
      };
      const kept = await row(category);
      await row({
        type: 'VendorDocumentRequirement',
        create: { categoryId: kept, documentType: 'insurance', isRequired: false },
        update: { isRequired: true },
        isDeleted: true,
      });
      await row({
        ...category,
        create: { categoryCode: 'float', categoryName: 'Floating' },
        isDeleted: true,
      });
      const { partnerTypeByTypeCode, onboardingSteps } = await admin.query(
        '{ partnerTypeByTypeCode(typeCode: "ASSOCIATION") { id } onboardingSteps { nodes { code } } }',
      );
      await admin.prove(
        'updatePartnerType',
        { id: partnerTypeByTypeCode.id, patch: { description: 'Members of an association.' } },
        { partnerType: { description: 'Members of an association.' } },
      );
      const [{ code }] = onboardingSteps.nodes;
      await admin.prove(
        'updateOnboardingStep',
        { code, patch: { title: 'About you' } },
        { onboardingStep: { title: 'About you' } },
      );
    });

    it('taxes, features, texts, file rules and settings', async () => {
      const { admin, customerData } = season.who;
      await row({
        type: 'TaxRate',
        create: { tax: 'tds', validFrom: season.day(300), percentage: '0.20', source: 'A plan' },
        isDeleted: true,
      });
      await row({
        type: 'FeatureFlag',
        create: { name: 'gift_cards', isEnabled: false, rolloutPercentage: 100 },
        update: { isEnabled: true },
        isDeleted: true,
      });
      await row({
        type: 'NotificationTemplate',
        create: {
          type: 'booking_confirmed',
          audience: 'customer',
          language: 'hi',
          title: 'Booking confirmed',
          message: 'Aapki booking pakki hai.',
        },
        update: { title: 'Booking pakki' },
      });
      const { fileRuleByPurpose } = await admin.query(
        '{ fileRuleByPurpose(purpose: ticket_attachment) { id maximumBytes } }',
      );
      const maximumBytes = fileRuleByPurpose.maximumBytes - 1;
      await admin.prove(
        'updateFileRule',
        { id: fileRuleByPurpose.id, patch: { maximumBytes } },
        { fileRule: { maximumBytes } },
      );
      const setting = { key: 'employees.notice_days', value: 10 };
      expect(await customerData.refusedAct('updateSystemSetting', setting)).toBe('OB002');
      await admin.prove('updateSystemSetting', setting, { result: { value: 10 } });
      // Services can be disputed for a day, so that those of the week but Sunday's are paid out on Monday.
      await admin.act('updateSystemSetting', { key: 'booking.dispute_hours', value: 24 });
    });

    it('departments with their dashboards, modules, settings and key figures', async () => {
      const { admin } = season.who;
      const departmentId = await row({
        type: 'Department',
        create: { name: 'Quality', code: 'QUALITY', budgetAllocated: '90000.00' },
        update: { budgetAllocated: '100000.00' },
      });
      const kpiId = await row({
        type: 'KpiDefinition',
        create: {
          code: 'quality_visits',
          departmentId,
          name: 'Visits',
          description: 'Visits to vendors',
          unit: 'count',
          source: 'entered',
          aggregation: 'sum',
          periodDays: 30,
          position: 1,
        },
        update: { name: 'Visits to vendors' },
      });
      const { department, dashboardWidgetByWidgetKey: widget } = await admin.query(
        `query ($id: UUID!) {
          department(id: $id) { departmentDashboard { id } }
          dashboardWidgetByWidgetKey(widgetKey: "figure") { id } }`,
        { id: departmentId },
      );
      const dashboardId = department.departmentDashboard.id;
      await row({
        type: 'DepartmentDashboardItem',
        create: { dashboardId, widgetId: widget.id, kpiId, position: 40 },
        update: { title: 'Our visits' },
        isDeleted: true,
      });
      await admin.prove(
        'updateDepartmentDashboard',
        { id: dashboardId, patch: { title: 'Quality of vendors' } },
        { departmentDashboard: { title: 'Quality of vendors' } },
      );
      await admin.prove(
        'updateDashboardWidget',
        { id: widget.id, patch: { description: 'One figure.' } },
        { dashboardWidget: { description: 'One figure.' } },
      );
      await row({
        type: 'DepartmentModule',
        create: { departmentId, moduleKey: 'audits', moduleName: 'Audits' },
        update: { isEnabled: false },
        isDeleted: true,
      });
      await row({
        type: 'DepartmentWidget',
        create: { departmentId, widgetKey: 'mine', widgetType: 'stat', title: 'Mine' },
        update: { title: 'My figures' },
        isDeleted: true,
      });
    });

    it('roles: a super admin makes one, gives it permissions and retires it; an administrator does not', async () => {
      const { admin, secondAdmin, operations } = season.who;
      const role = { code: 'night_desk', name: 'Night desk', departmentCode: 'OPS' };
      expect(await secondAdmin.refusedAct('createRole', role)).toBe('OB002');
      await admin.prove('createRole', role, { result: { name: 'Night desk', status: 'active' } });
      await admin.act('grantRole', { userId: operations.id(), roleCode: role.code });
      const permissions = { by: operations, document: '{ myPermissions }' };
      await admin.proveBy(
        'setRolePermissions',
        { code: role.code, permissions: ['error_logs.read'] },
        permissions,
        { myPermissions: expect.arrayContaining(['error_logs.read']) },
      );
      await admin.prove(
        'updateRole',
        { code: role.code, status: 'inactive' },
        { result: { status: 'inactive' } },
      );
      const { myPermissions } = await operations.query('{ myPermissions }');
      expect(myPermissions).not.toContain('error_logs.read');
    });
  });
}
