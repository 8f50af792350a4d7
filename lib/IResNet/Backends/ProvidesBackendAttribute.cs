namespace IResNet;

/// <summary>Names the backend that an assembly brings. The class has a constructor without parameters.</summary>
/// <param name="type">A class derived from <see cref="Backend"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ProvidesBackendAttribute(Type type) : Attribute
{
    /// <summary>The backend's class.</summary>
    public Type Type { get; } = type;
}
